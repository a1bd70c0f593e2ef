import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Io } from '../../cli/io.ts';
import { printer } from '../../cli/print.ts';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { ciCommands } from './cli/ci.ts';
import { ssoCommands } from './cli/sso.ts';

const commands = [...ssoCommands, ...ciCommands];
const stop = new Refusal('test_stop', 'That is all', 'Nothing.');
const made = {
  token: 'bsd_made',
  id: '019a0000-0000-7000-8000-000000000000',
  expiresAt: '2026-11-22T10:00:00Z',
};

/** Runs a command that reads `typed`; gives what it asked of the API, printed and answered. */
async function run(
  name: string,
  args: Record<string, string>,
  options: Record<string, string>,
  typed = '',
  json = false,
) {
  const sent: unknown[][] = [];
  let printed = '';
  const out = { write: (text: string) => (printed += text) };
  const io = {
    api: {
      send: async (method: string, path: string, body: unknown) => {
        sent.push([method, path, body]);
        return path === '/v1/ci/token' ? made : stop;
      },
    },
    print: printer(out, out, { json, color: false }),
    stdin: Readable.from([typed]),
    interactive: false,
    signal: new AbortController().signal,
  } as unknown as Io;
  const answer = await commands.find((one) => one.name === name)!.run(io, { args, rest: [], options });
  return { sent, printed, code: isRefusal(answer) ? answer.code : answer };
}

test('a client secret comes on standard input and is no option of any command', async () => {
  const args = { name: 'corp', issuer: 'https://id.example.org' };
  const { sent, printed, code } = await run('sso:add', args, { clientId: 'bastide' }, 'the-secret\n');
  const body = { ...args, clientId: 'bastide', clientSecret: 'the-secret' };
  expect(sent).toEqual([['POST', '/v1/platform/sso', body]]);
  expect(code).toBe('test_stop');
  expect(printed).not.toContain('the-secret');
  expect((await run('sso:secret', { name: 'corp' }, {}, 'other')).sent).toEqual([
    ['PUT', '/v1/platform/sso/corp/secret', { clientSecret: 'other' }],
  ]);
  const flags = commands.flatMap((row) => row.options ?? []).map(({ flags }) => flags.split(',').at(-1)!);
  expect(flags.filter((flag) => /secret|token/i.test(flag))).toEqual([]);
});

test('without a secret, or with a file that is not there, nothing is asked of the API', async () => {
  const args = { name: 'corp', issuer: 'https://id.example.org' };
  expect(await run('sso:add', args, { clientId: 'b' }, '\n')).toMatchObject({
    sent: [],
    code: 'sso_secret_missing',
  });
  const options = { clientId: 'b', ca: '/nowhere/ca.pem' };
  expect(await run('sso:add', args, options, 's')).toMatchObject({ sent: [], code: 'sso_file_unreadable' });
});

test('a job’s token comes on standard input, and what is given for it is all that is printed', async () => {
  const { sent, printed } = await run('ci:token', {}, { project: 'shop' }, 'a.b.c\n');
  expect(sent).toEqual([['POST', '/v1/ci/token', { project: 'shop', token: 'a.b.c' }]]);
  expect(printed.trim()).toBe('bsd_made');
  const json = await run('ci:token', {}, { project: 'shop' }, 'a.b.c', true);
  expect(JSON.parse(json.printed)).toEqual(made);
  expect(await run('ci:token', {}, { project: 'shop' })).toMatchObject({
    sent: [],
    code: 'ci_token_missing',
  });
  expect(await run('ci:token', {}, {}, 'a.b.c')).toMatchObject({ sent: [], code: 'cli_usage' });
});

test('a rule’s claims are pairs', async () => {
  const args = { name: 'main', issuer: 'https://gitlab.com', subject: 'project_path:acme/shop:ref:main' };
  const options = { project: 'shop', days: '30' };
  const { sent } = await run('ci:trust:add', args, {
    ...options,
    claims: 'namespace_id=72,ref_protected=true',
  });
  const claims = { namespace_id: '72', ref_protected: 'true' };
  expect(sent).toEqual([['POST', '/v1/projects/shop/ci-trust', { ...args, claims, days: 30 }]]);
  for (const wrong of ['namespace_id', '=72', 'namespace_id='])
    expect(await run('ci:trust:add', args, { ...options, claims: wrong })).toMatchObject({
      sent: [],
      code: 'cli_usage',
    });
});
