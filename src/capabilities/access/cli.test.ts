import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApi, testApi } from '../../api/testing.ts';
import { runCli } from '../../cli/run.ts';
import { commandTable } from '../../cli/table.ts';
import { PASSWORD, people } from './testing/people.ts';
import { codeAt } from './totp.ts';

let api: TestApi;
let dir: string;
let server: string;
let ahead = 0;
const clock = {
  now: () => new Date(Date.now() + ahead),
  pass: (ms: number) => {
    ahead += ms;
  },
};
const p = people(() => api, clock);

beforeAll(async () => {
  api = await testApi([], clock.now);
  dir = await mkdtemp(join(tmpdir(), 'bastide-cli-'));
  server = `unix:${join(dir, 'api.sock')}`;
  await api.server.listen({ path: join(dir, 'api.sock') });
});
afterAll(async () => {
  await api.close();
  await rm(dir, { recursive: true, force: true });
});

/** One command line on a machine: what it said, and its exit code. */
async function bastide(
  machine: string,
  argv: string[],
  stdin: string[] = [],
  heard?: (text: string) => void,
) {
  let said = '';
  const out = {
    write: (text: string) => {
      said += text;
      heard?.(text);
    },
  };
  const code = await runCli(commandTable, {
    argv,
    cwd: dir,
    configDir: join(dir, machine),
    server: undefined,
    token: undefined,
    color: false,
    stdin: Readable.from([stdin.join('\n')]),
    interactive: false,
    out,
    err: out,
    signal: new AbortController().signal,
    version: '0.0.0',
  });
  return { code, said };
}

test('login by password and second factor, whoami, sessions, logout: the file is its owner’s alone', async () => {
  const person = await p.account();
  const { seed } = await p.signUp(person);
  clock.pass(60_000);
  const login = ['login', '--server', server, '--email', person.email];
  expect(await bastide('laptop', login, [PASSWORD, codeAt(seed, clock.now())])).toMatchObject({ code: 0 });
  const file = join(dir, 'laptop/config.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const kept = await readFile(file, 'utf8');
  expect(kept).toContain('bss_');
  expect(kept).not.toContain(PASSWORD);
  expect((await bastide('laptop', ['whoami'])).said).toContain(person.name);
  expect((await bastide('laptop', ['sessions'])).said).toContain('(this one)');
  const token = (JSON.parse(kept) as { token: string }).token;
  expect((await bastide('laptop', ['logout'])).code).toBe(0);
  expect((await p.call('GET', '/v1/account', { token })).statusCode).toBe(401);
  expect((await bastide('laptop', ['whoami'])).code).not.toBe(0);
  const wrong = await bastide('laptop', login, ['not the password', '000000']);
  expect(wrong.said).toContain('is wrong');
});

test('login by device: approved from another machine, then signed out everywhere', async () => {
  const person = await p.account();
  const { seed } = await p.signUp(person);
  clock.pass(60_000);
  const login = ['login', '--server', server, '--email', person.email];
  await bastide('desk', login, [PASSWORD, codeAt(seed, clock.now())]);
  let approving: Promise<{ code: number; said: string }> | undefined;
  const signedIn = await bastide('laptop', ['login', '--server', server, '--device'], [], (text) => {
    const code = /^Code: (\S+)/.exec(text)?.[1];
    if (code) approving = bastide('desk', ['login:approve', code, '--yes']);
  });
  expect(await approving).toMatchObject({ code: 0, said: expect.stringContaining('bastide on') });
  expect(signedIn.said).toContain(`Signed in to ${server} as ${person.name}`);
  expect((await bastide('laptop', ['tokens:create', 'ci'])).said).toContain('login:confirm');
  clock.pass(60_000);
  expect((await bastide('laptop', ['login:confirm'], [codeAt(seed, clock.now())])).code).toBe(0);
  expect((await bastide('laptop', ['tokens:create', 'ci'])).said).toMatch(/^bst_/);
  expect((await bastide('laptop', ['logout', '--all'])).code).toBe(0);
  expect((await bastide('desk', ['whoami'])).code).not.toBe(0);
}, 60_000);

test('members, invitations and moves by their words', async () => {
  const world = await api.world('acme');
  const token = await api.account('owner', world.organizationId);
  expect(await bastide('owner', ['login', '--server', server, '--token', token])).toMatchObject({ code: 0 });
  const invited = await bastide('owner', ['members:add', 'ada@example.org', 'developer']);
  expect(invited.said).toMatch(/bsi_\w{49}/);
  expect((await bastide('owner', ['members:invitations'])).said).toContain('ada@example.org');
  expect((await bastide('owner', ['members'])).said).toContain('owner');
  const name = /account\s+(\S+)/.exec((await bastide('owner', ['whoami'])).said)![1]!;
  const why = await bastide('owner', ['access:explain', name, 'apps:deploy', 'app:acme', '-o', 'acme']);
  expect(why.said).toContain('developers-change');
  expect((await bastide('owner', ['members:remove', name])).said).toContain('last one');
  expect((await bastide('owner', ['projects:move', 'acme', '--to', 'other'])).said).toContain(
    'projects:receive',
  );
  expect((await bastide('owner', ['projects:moves'])).said).toContain('other');
  expect((await bastide('owner', ['deploy-tokens:create', 'ci', '--project', 'acme'])).said).toMatch(/^bsd_/);
});
