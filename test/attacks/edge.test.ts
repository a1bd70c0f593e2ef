import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { paths } from '../../src/main/paths.ts';
import { openPlatform, type Platform } from '../stories/lib/platform.ts';

/** What somebody has who took over the edge's own process: everything is looked at from there. */
let platform: Platform;
let proc: string;
let status: ReadonlyMap<string, string>;

beforeAll(async () => {
  platform = await openPlatform();
  // The first build makes it; alone, this file has none.
  await platform.node.host.must(['mkdir', '-p', paths.builds]);
  const { stdout } = await platform.node.docker('inspect', '--format', '{{.State.Pid}}', 'bastide-edge');
  proc = platform.node.host.path(`/proc/${stdout.trim()}`);
  const lines = readFileSync(join(proc, 'status'), 'utf8').split('\n');
  status = new Map(lines.map((line) => [line.split(':\t')[0]!, line.split(':\t')[1] ?? '']));
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

interface Mount {
  readonly at: string;
  readonly options: readonly string[];
}
const mounts = (): Mount[] =>
  readFileSync(join(proc, 'mountinfo'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map((field) => ({ at: field[4]!, options: field[5]!.split(',') }));

test('it is no root, without a capability, behind the system call list', () => {
  expect(status.get('Uid')).toMatch(/^65000\t/);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    expect(status.get(set)).toMatch(/^0+$/);
  expect([status.get('NoNewPrivs'), status.get('Seccomp')]).toEqual(['1', '2']);
});

test.each(['/access', '/account', '/device', '/join', '/sso'])(
  'the platform’s own page %s answers, runs its own script alone and goes into no frame',
  async (path) => {
    const at = `https://bastide.${platform.node.domain}`;
    const page = await platform.get(`${at}${path}`, '--include');
    expect(page.status).toBe(200);
    expect(page.body).toContain('/assets/page.js');
    expect(page.body).toMatch(/content-security-policy: default-src 'none'; script-src 'self'/i);
    expect(page.body).toMatch(/frame-ancestors 'none'/);
    expect((await platform.get(`${at}/assets/page.js`)).status).toBe(200);
  },
);

test('its root and its files are read-only; it writes to its sockets and to memory only', () => {
  const readOnly = (at: string) =>
    mounts()
      .find((mount) => mount.at === at)
      ?.options.includes('ro');
  expect([readOnly('/'), readOnly(paths.edge)]).toEqual([true, true]);
  const writable = mounts().filter(
    ({ at, options }) => options.includes('rw') && !/^\/(proc|sys|dev)(\/|$)/.test(at),
  );
  expect(writable.map(({ at }) => at).sort()).toEqual(expect.arrayContaining([paths.edgeSocketDir, '/tmp']));
  for (const { at, options } of writable)
    if (at === '/tmp') expect(options).toEqual(expect.arrayContaining(['noexec', 'nosuid', 'nodev']));
});

test.each([
  paths.certificates,
  paths.secrets,
  paths.settings,
  paths.engineSocket,
  paths.engineRoot,
  paths.postgresData,
  paths.postgresSocketDir,
  paths.registryData,
  paths.uploads,
  paths.builds,
  '/root',
])('%s is not there', (path) => {
  expect(existsSync(platform.node.host.path(path)) || path === '/root').toBe(true);
  expect(existsSync(join(proc, 'root', path)) && path !== '/root').toBe(false);
});

test('the authority’s key is nowhere in what it sees; the keys of the sites are what it serves, and closed to others', async () => {
  const { host } = platform.node;
  const authority = /-----BEGIN [A-Z ]*PRIVATE KEY-----\n(\S+)/.exec(
    host.readFile(join(paths.secrets, 'ca', 'root.pem')),
  );
  const inside = `/proc/${(await platform.node.docker('inspect', '--format', '{{.State.Pid}}', 'bastide-edge')).stdout.trim()}/root`;
  const found = await host.exec([
    'grep',
    '-rlsF',
    'PRIVATE KEY',
    `${inside}${paths.edge}`,
    `${inside}/etc`,
    `${inside}/run`,
  ]);
  const files = found.stdout.split('\n').filter(Boolean);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    expect(file).toMatch(new RegExp(`^${inside}${paths.edge}/certs/[^/]+\\.pem$`));
    expect((await host.must(['stat', '--format', '%a %u %g', file])).trim()).toBe('640 0 65000');
  }
  if (authority?.[1])
    expect((await host.exec(['grep', '-rlsF', authority[1], `${inside}${paths.edge}`])).stdout).toBe('');
});
