import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLab, type Lab, type LabHandle } from '../lab/lab.ts';
import { startVault } from '../lab/vault.ts';
import { DOMAIN, NAMES, openPlatform, type Platform } from './lib/platform.ts';

interface BackupLine {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly verdict: string;
  readonly verifiedAt: string | null;
  readonly restoredAt: string | null;
}

const PROJECT = 'archive';
let lab: Lab | undefined;
let platform: Platform;

/** A lab with a machine more, for the vault; one that is kept and has it is taken as it is. */
async function withVault(): Promise<Platform> {
  const kept = process.env.BASTIDE_LAB_KEPT;
  const known = kept && existsSync(kept) ? (JSON.parse(readFileSync(kept, 'utf8')) as LabHandle) : undefined;
  if (known?.hosts.some(({ name }) => name === 'v1')) return openPlatform();
  lab = await createLab({ hosts: ['n1', 'v1'] });
  const file = join(lab.directory, 'handle.json');
  await lab.dns.set({ ...NAMES, [`*.${DOMAIN}`]: lab.host('n1').address });
  writeFileSync(file, JSON.stringify(lab.handle));
  process.env.BASTIDE_LAB_KEPT = file;
  try {
    return await openPlatform();
  } finally {
    if (kept === undefined) delete process.env.BASTIDE_LAB_KEPT;
    else process.env.BASTIDE_LAB_KEPT = kept;
  }
}

const sql = async (database: string, statement: string): Promise<string> =>
  (await platform.ok('pg:psql', database, '-c', statement)).trim();
const count = async (database: string, where = 'true'): Promise<number> =>
  Number(
    /\d+/.exec(
      (await sql(database, `select count(*) from entries where ${where}`)).replace(/^[^\d]*/, ''),
    )?.[0],
  );
const backups = async (...words: string[]): Promise<BackupLine[]> =>
  platform.json<BackupLine[]>('backups:list', PROJECT, ...words);

async function until(what: string, question: () => Promise<boolean>, seconds = 300): Promise<void> {
  for (let left = seconds; left > 0; left -= 2) {
    if (await question()) return;
    await sleep(2000);
  }
  throw new Error(`it did not come to this: ${what}`);
}

beforeAll(async () => {
  platform = await withVault();
  const vaults = await platform.json<{ name: string }[]>('vaults');
  if (!vaults.some(({ name }) => name === 'offsite')) {
    // Its parts start one after the other; a code that was used is not used again.
    await until('the vault takes the platform in', async () => {
      const { url, fingerprint, code } = await startVault(platform.lab.host('v1'));
      const words = ['--url', url, '--ca', fingerprint, '--code', code];
      return (await platform.bastide('vaults:add', 'offsite', ...words)).code === 0;
    });
  }
  const projects = await platform.json<{ name: string }[]>('projects');
  if (!projects.some(({ name }) => name === PROJECT)) await platform.ok('projects:create', PROJECT);
  const there = await platform.json<{ name: string }[]>('databases');
  if (!there.some(({ name }) => name === 'ledger'))
    await platform.ok('pg:create', 'ledger', '--project', PROJECT);
  await sql(
    'ledger',
    'create table if not exists entries (n bigserial primary key, at timestamptz default clock_timestamp(), what text)',
  );
  await sql('ledger', "insert into entries (what) select 'old ' || g from generate_series(1, 5000) g");
}, 1_800_000);
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  await lab?.close();
});

describe('a backup', () => {
  test('goes to the vault and is on the list', async () => {
    await platform.ok('backups:run', PROJECT, '--source', 'ledger');
    const kinds = (await backups('--source', 'ledger')).map(({ kind }) => kind);
    expect(kinds).toContain('dump');
    expect(kinds).toContain('base');
  });

  test('is restored into a throw-away and compared', async () => {
    const [dump] = await backups('--source', 'ledger', '--kind', 'dump');
    await platform.ok('backups:verify', PROJECT, dump!.id);
    const [proven] = await backups('--source', 'ledger', '--kind', 'dump');
    expect(proven).toMatchObject({ verdict: 'sound' });
    expect(proven?.restoredAt).not.toBeNull();
  });

  test('comes back as a new database, row by row', async () => {
    const before = await count('ledger');
    await platform.ok('backups:run', PROJECT, '--source', 'ledger');
    await sql('ledger', "insert into entries (what) values ('after the backup')");
    await platform.ok('backups:restore', PROJECT, 'ledger', '--as', 'ledger-copy');
    expect(await count('ledger-copy')).toBe(before);
    expect(await count('ledger')).toBe(before + 1);
  });

  test('comes back in place, after a backup of what was there', async () => {
    const before = await count('ledger');
    await platform.ok('backups:run', PROJECT, '--source', 'ledger');
    await sql('ledger', 'delete from entries');
    await platform.ok(
      'backups:restore',
      PROJECT,
      'ledger',
      '--backup',
      (await backups('--source', 'ledger', '--kind', 'dump'))[0]!.id,
    );
    expect(await count('ledger')).toBe(before);
    const [safety] = await backups('--source', 'ledger', '--kind', 'dump');
    expect(safety).toMatchObject({ source: 'ledger' });
  });
});

test('a database comes back as it was at a stated second, under load, with nothing lost that was committed before', async () => {
  // A restore in place begins a new history: its physical backup is taken by itself.
  await platform.ok('backups:run', PROJECT, '--source', 'ledger');
  const writer = platform.begin(
    'pg:psql',
    'ledger',
    '-c',
    "do $$ begin for i in 1..600 loop insert into entries (what) values ('load'); commit; perform pg_sleep(0.1); end loop; end $$",
  );
  await sleep(20_000);
  const moment = new Date(
    (
      await sql(
        'ledger',
        'select to_char(clock_timestamp() at time zone \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')',
      )
    ).match(/\d{4}-[\d-]+T[\d:]+Z/)![0],
  );
  await writer.exited;
  const wanted = await count('ledger', `at <= '${moment.toISOString()}'`);
  // There was load before that second and after it.
  expect(await count('ledger', `what = 'load' and at <= '${moment.toISOString()}'`)).toBeGreaterThan(50);
  expect(await count('ledger', `what = 'load' and at > '${moment.toISOString()}'`)).toBeGreaterThan(50);
  await sql('ledger', 'drop table if exists victim; delete from entries where n % 2 = 0');
  await platform.ok(
    'backups:restore',
    PROJECT,
    'ledger',
    '--to',
    moment.toISOString(),
    '--as',
    'ledger-then',
  );
  expect(await count('ledger-then', `at <= '${moment.toISOString()}'`)).toBe(wanted);
  expect(await count('ledger-then', `at > '${new Date(moment.getTime() + 1000).toISOString()}'`)).toBe(0);
});

test('an agent that is killed at ten points in the middle of backups leaves a sound repository, and no earlier backup is lost', async () => {
  const earlier = (await backups()).map(({ id }) => id);
  const pauses = Array.from({ length: 10 }, () => Math.round(Math.random() * 6000));
  console.log(`killed after ${pauses.join(', ')} ms`);
  for (const pause of pauses) {
    const running = platform.begin('backups:run', PROJECT, '--source', 'ledger');
    await sleep(pause);
    await platform.node.killAgent();
    await running.exited;
  }
  const there = new Set((await backups('--limit', '500')).map(({ id }) => id));
  expect(earlier.filter((id) => !there.has(id))).toEqual([]);
  const [dump] = await backups('--source', 'ledger', '--kind', 'dump');
  const [base] = await backups('--source', 'ledger', '--kind', 'base');
  await platform.ok('backups:verify', PROJECT, base!.id);
  await platform.ok('backups:verify', PROJECT, dump!.id);
  await until('every backup is seen in the vault', async () =>
    (await backups('--source', 'ledger')).every(
      (one) => one.verdict !== 'missing' && one.verdict !== 'broken',
    ),
  );
  const open = await platform.json<{ code: string }[]>('alerts');
  expect(open.map(({ code }) => code).filter((code) => /missing|damaged|unknown|forged/.test(code))).toEqual(
    [],
  );
});
