import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlatform, type Platform } from './lib/platform.ts';

/**
 * Controls on a whole platform: the prober in its container makes its canaries and attacks them; then faults are planted
 * by hand on the host, and the controls have to see each.
 */
let platform: Platform;
const CANARY = 'bastide-canary-a';

interface Verdict {
  readonly control: string;
  readonly verdict: string | null;
  readonly reason: string | null;
}

/** Exit code 1 is an answer too: not everything held. */
async function run(...selection: string[]): Promise<Verdict[]> {
  const ran = await platform.bastide('controls:run', ...selection, '--json');
  expect([0, 1], ran.stdout + ran.stderr).toContain(ran.code);
  return JSON.parse(ran.stdout) as Verdict[];
}

const one = async (control: string): Promise<Verdict> => (await run(control))[0]!;
const summary = ({ verdict, reason }: Verdict) => `${verdict}: ${reason}`;

beforeAll(async () => {
  platform = await openPlatform({ controls: true });
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

test('the canary projects are made at first use, by a tenant of their own', async () => {
  await expect
    .poll(async () => (await platform.json<unknown[]>('controls')).length, { timeout: 120_000 })
    .toBeGreaterThan(10);
  const made = await platform.bastide('controls:setup', '--json');
  const [canaries] = JSON.parse(made.stdout) as Verdict[];
  expect(summary(canaries!), made.stderr).toMatch(/^held/);
});

describe.each([
  'data/neighbour-credentials',
  'data/tenant-superuser',
  'network/neighbours',
  'network/host-services',
])('%s', (control) => {
  test('holds', async () => expect(summary(await one(control))).toMatch(/^held/));
});

describe.each(['edge/https-by-default', 'edge/tls-policy', 'edge/security-headers'])('%s', (control) => {
  test('holds', async () => expect(summary(await one(control))).toMatch(/^held/));
});

describe('the canary hunt', () => {
  test('finds the string nowhere but with the key', async () => {
    expect(summary(await one('data/canary-hunt'))).toMatch(/^held/);
  });

  test('finds it in an unencrypted copy', async () => {
    const id = await platform.node.sql(`select id from projects where name = '${CANARY}'`);
    const copying = platform.node.host.spawn([
      process.execPath,
      '--eval',
      `const { cpSync } = require('node:fs');
       for (;;) { try { cpSync('/var/lib/bastide/projects/${id}/data', '/var/log/planted', { recursive: true }); } catch {}
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); }`,
    ]);
    try {
      const seen = await one('data/canary-hunt');
      expect(summary(seen)).toMatch(/^broken: found in clear: .*logs/);
    } finally {
      copying.kill('SIGKILL');
      await copying.exited;
      await platform.node.host.exec(['rm', '-rf', '/var/log/planted']);
    }
    await expect.poll(() => platform.ok('alerts'), { timeout: 120_000 }).toContain('data/canary-hunt');
  });
});

test('backups that are too old are seen, and told', async () => {
  await platform.node.sql(
    `update projects set created_at = now() - interval '9 days' where name = '${CANARY}'`,
  );
  await platform.node.sql(
    `update backups set taken_at = taken_at - interval '9 days' where project_id = (select id from projects where name = '${CANARY}')`,
  );
  expect(summary(await one('data/backup-age'))).toMatch(/^broken: too old or not there/);
  await expect.poll(() => platform.ok('alerts'), { timeout: 120_000 }).toContain('data/backup-age');
});

test('the evidence is checked without the platform, and a changed word shows', async () => {
  const { desk } = platform;
  await platform.ok('controls:export', '--output', '/run/lab/evidence.json');
  expect(await platform.ok('controls:verify', '/run/lab/evidence.json')).toMatch(/\d+ records hold together/);
  const text = desk.readFile('/run/lab/evidence.json');
  desk.writeFile(
    '/run/lab/forged.json',
    text.replace('\\"verdict\\":\\"broken\\"', '\\"verdict\\":\\"held\\"'),
  );
  const ran = await platform.bastide('controls:verify', '/run/lab/forged.json');
  expect(ran.code).not.toBe(0);
  expect(ran.stderr).toContain('the signature is not by this prober');
});
