import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Kit, openKit } from '../../src/adapters/envelope/kit.ts';
import { must } from '../../src/kernel/refusal.ts';
import { Secret } from '../../src/kernel/secret.ts';
import { paths } from '../../src/main/paths.ts';
import { type BastideHost, startBastide } from '../lab/bastide-host.ts';
import type { LabHost } from '../lab/host.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { removeDirectory } from '../lab/sweep.ts';
import { everything, objectsOf, startVault, VAULT_DATA } from '../lab/vault.ts';
import { hoard, makeHoard, type Told, until } from './lib/hoard.ts';
import type { Operation } from './lib/operations.ts';
import { DOMAIN, NAMES, openPlatform, type Platform } from './lib/platform.ts';

const root = join(import.meta.dirname, '../..');
const ATTACKS = join(root, 'test/attacks/lib/vault.ts');
const PASSPHRASE = 'a passphrase that is written on paper';
const KIT = '/root/kit.txt';
const [PROJECT, APP, LEDGER, STOCK, WORD] = ['homestead', 'house', 'ledger', 'stock', 'kept-in-the-config'];

let lab: Lab;
let platform: Platform;
/** What a person carried away from the machine. */
let kit: string;
/** What is true of the project before its machine is gone. */
let before: Everything;
let fresh: BastideHost;
const started = performance.now();
const note = (words: string) =>
  console.log(`[${((performance.now() - started) / 1000).toFixed(0)} s] ${words}`);

const url = (path: string) => `https://${APP}.${DOMAIN}${path}`;
const script = (host: LabHost, file: string, ...words: string[]) =>
  host.exec([process.execPath, join(root, 'packaging', file), ...words, '--json', '--passphrase-stdin'], {
    cwd: root,
    stdin: PASSPHRASE,
  });

interface Everything {
  readonly told: Told;
  /** Every row of both databases, as their own clients print them. */
  readonly rows: { readonly [database: string]: string };
  /** Kind, mode, owner, size, time and name of each file, and its SHA-256. */
  readonly files: string;
}

async function rowsOf(command: string, database: string, statement: string): Promise<string> {
  const said = await platform.json<{ exitCode: number; output: string }>(command, database, '-c', statement);
  expect(said.exitCode, said.output).toBe(0);
  return said.output;
}

/** Reads it all: through the app, through the databases' clients, and from the disk. */
async function everythingOf(host: BastideHost): Promise<Everything> {
  const page = await host.curl(url('/told'));
  const [project] = (await host.host.must(['ls', paths.storage])).match(/^[0-9a-f-]{36}(?=\.img$)/m) ?? [];
  const volumes = join(paths.projects, project!, 'data/volumes');
  const list = [
    `cd ${volumes}`,
    // The volume's own directory is made anew; what is in it is not.
    "find . -mindepth 2 -printf '%y %m %U:%G %T@ %p\\n' | sort -k 5",
    'find . -type f -print0 | sort -z | xargs -0 sha256sum',
  ].join(' && ');
  return {
    told: JSON.parse(page.stdout) as Told,
    rows: {
      [LEDGER]: await rowsOf('pg:psql', LEDGER, 'select n, at, word, sum from hoard order by n'),
      [STOCK]: await rowsOf('mysql:shell', STOCK, 'select n, what, sum from items order by n'),
    },
    files: await host.host.must(['sh', '-c', list]),
  };
}

interface BackupLine {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly bytes: number;
}
const backupsOf = () => platform.json<BackupLine[]>('backups:list', PROJECT);

const operations = () =>
  platform.json<(Operation & { id: string; kind: string })[]>('operations', '--limit', '100');

/** Everything of the host ends at once, and its disks are gone. */
async function burn(host: LabHost): Promise<void> {
  process.kill(host.pid, 'SIGKILL');
  while (existsSync(`/proc/${host.pid}/root/run`)) await sleep(100);
  removeDirectory(join(lab.directory, host.name));
  expect(existsSync(join(lab.directory, host.name))).toBe(false);
}

beforeAll(async () => {
  lab = await createLab({ hosts: ['n1', 'n2', 'v1'] });
  await lab.dns.set({ ...NAMES, [`*.${DOMAIN}`]: lab.host('n1').address });
  platform = await openPlatform({ lab });
  note('the platform is up');
  await until('the vault takes the platform in', async () => {
    // Its parts start one after the other; a code that was used is not used again.
    const { url: at, fingerprint, code } = await startVault(lab.host('v1'));
    const words = ['--url', at, '--ca', fingerprint, '--code', code];
    return (await platform.bastide('vaults:add', 'offsite', ...words)).code === 0;
  });
  note('it has a vault');
}, 1_800_000);
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
});

test('the recovery kit is made and tested before anything was backed up', async () => {
  const made = await script(platform.node.host, 'recovery-kit.ts', KIT);
  expect(made.code, made.stdout + made.stderr).toBe(0);
  kit = platform.node.host.readFile(KIT);
  const tested = await script(platform.node.host, 'recovery-kit.ts', 'test', KIT);
  expect(tested.code, tested.stdout + tested.stderr).toBe(0);
  expect(kit).toContain('BEGIN AGE ENCRYPTED FILE');
  note(`kit: ${kit.length} bytes; ${tested.stdout.trim()}`);
});

test('a project with an app, two databases and a volume is backed up, and the platform too', async () => {
  await makeHoard(platform, { project: PROJECT, app: APP, database: LEDGER, word: WORD });
  await platform.ok('mysql:create', STOCK, '--project', PROJECT);
  const more =
    "insert into items (what, sum) with recursive s as (select 1 as i union all select i + 1 from s where i < 900) select concat('item ', i, ' ünïcode'), md5(i) from s";
  for (const statement of [
    'create table items (n int primary key auto_increment, what varchar(80) not null, sum char(32) not null)',
    ...Array<string>(4).fill(more),
  ])
    await rowsOf('mysql:shell', STOCK, statement);
  note('the project is filled');
  await platform.ok('backups:run', PROJECT);
  await platform.ok('backups:platform');
  // What comes after that the platform's last backup does not know: a dump of one database, and of the other no more
  // than its write-ahead log.
  await rowsOf('mysql:shell', STOCK, "insert into items (what, sum) values ('later', md5('later'))");
  await platform.ok('backups:run', PROJECT, '--source', STOCK);
  expect((await platform.node.curl(url('/rows?n=700'))).stdout).toBe('written');
  const written = Date.now();
  const base = (await backupsOf()).find((one) => one.kind === 'base' && one.source === LEDGER)!;
  await until('its write-ahead log is in the vault', async () => {
    const { wal } = await platform.json<{ wal: { until: string | null } }>('backups:show', PROJECT, base.id);
    return wal.until !== null && Date.parse(wal.until) > written;
  });
  note(`write-ahead log was in the vault ${((Date.now() - written) / 1000).toFixed(0)} s later`);
  before = await everythingOf(platform.node);
  expect(before.told).toMatchObject({ rows: 5700, word: WORD });
  expect(Object.keys(before.told.files)).toHaveLength(60);
  expect(before.rows[LEDGER]!.split('\n').length).toBeGreaterThan(5000);
  expect(before.rows[STOCK]!.split('\n').length).toBeGreaterThan(3000);
  expect(before.files.split('\n').length).toBeGreaterThan(120);
  note(
    `backups: ${(await backupsOf()).map(({ kind, source, bytes }) => `${source} ${kind} ${bytes}`).join(', ')}`,
  );
});

test('with every credential of the host nothing in the vault can be destroyed, and each attempt is told', async () => {
  const vault = lab.host('v1');
  const held: Kit = must(await openKit(kit, new Secret(PASSPHRASE)));
  const { url: at, username: user, password, ca } = held.vaults[0]!;
  const kept = everything(vault);
  const repositories = readdirSync(vault.path(join(VAULT_DATA, user)));
  expect(repositories.some((name) => name.startsWith('platform-'))).toBe(true);
  for (const repository of repositories) {
    const objects = objectsOf(vault, join(VAULT_DATA, user, repository));
    const stdin = JSON.stringify({ url: at, base: `/r/${repository}`, user, password, ca, objects });
    const came = JSON.parse(await platform.node.host.must([process.execPath, ATTACKS], { stdin })) as Record<
      string,
      number
    >;
    for (const [name, status] of Object.entries(came)) expect([400, 403, 411, 507], name).toContain(status);
  }
  // Write-ahead log may have been added meanwhile.
  expect(everything(vault)).toMatchObject(kept);
  await until('the platform tells its people', async () =>
    (await platform.json<{ code: string }[]>('alerts')).some(({ code }) => code === 'vault_refused'),
  );
});

test('the machine is lost; a fresh one becomes the platform from the vault and the kit alone', async () => {
  await burn(platform.node.host);
  expect((await platform.bastide('apps')).code).not.toBe(0);
  const lostAt = performance.now();
  const machine = lab.host('n2');
  machine.writeFile(KIT, kit, 0o600);
  const wrong = await machine.exec(
    [process.execPath, join(root, 'packaging/recover.ts'), '--kit', KIT, '--json', '--passphrase-stdin'],
    { cwd: root, stdin: 'not the passphrase' },
  );
  expect(wrong.stdout).toContain('kit_passphrase');
  const settled = await script(machine, 'recover.ts', '--kit', KIT);
  expect(settled.code, settled.stdout + settled.stderr).toBe(0);
  fresh = await startBastide(lab, 'n2', { domain: DOMAIN, timeoutMs: 900_000 });
  const up = performance.now();
  note(
    fresh.agent.stdout
      .split('\n')
      .filter((line) => /recover|images|migration/.test(line))
      .join('\n'),
  );
  // The person's own sign-in of before is good.
  let asked: (Operation & { id: string; kind: string })[] = [];
  await until(
    'the data is back',
    async () => {
      asked = (await operations()).filter(({ kind }) => kind === 'backups.recover');
      return asked.length > 0 && asked.every(({ status }) => status !== 'queued' && status !== 'running');
    },
    500,
  );
  const filled = performance.now();
  for (const { id } of asked) note(await platform.ok('operations:info', id));
  expect(asked.map(({ status, failure }) => failure ?? status)).toEqual(['succeeded']);
  const watched = await platform.bastide('operations:watch', asked[0]!.id);
  expect(watched.stdout + watched.stderr).toContain('replayed to the end');
  await until('the app answers', async () =>
    (await fresh.curl(url('/up'), ['--fail'])).stdout.includes('one'),
  );
  const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(0)} s`;
  note(
    `time to recovery: platform ${seconds(lostAt, up)}, data ${seconds(up, filled)}, app ${seconds(filled, performance.now())}; all ${seconds(lostAt, performance.now())}`,
  );
}, 1_500_000);

test('every row and every file is what it was', async () => {
  const after = await everythingOf(fresh);
  expect(after.told).toEqual(before.told);
  for (const [database, rows] of Object.entries(before.rows))
    expect(after.rows[database] === rows, `the rows of ${database}`).toBe(true);
  expect(after.files).toEqual(before.files);
});

test('what was backed up after the last backup of the platform is on its list again, and is no incident', async () => {
  const list = await backupsOf();
  const stock = list.filter((one) => one.kind === 'dump' && one.source === STOCK);
  // Of before the platform's last backup, of after it, and perhaps one that the new machine has taken by itself.
  const adopted: string[] = [];
  for (const { id } of stock) {
    const { adoptedAt } = await platform.json<{ adoptedAt: string | null }>('backups:show', PROJECT, id);
    if (adoptedAt !== null) adopted.push(id);
  }
  expect(adopted).toHaveLength(1);
  // Of a physical copy it is the whole repository that is looked at.
  await platform.ok('backups:verify', PROJECT, list.find((one) => one.kind === 'base')!.id);
  const alerts = (await platform.json<{ code: string }[]>('alerts')).map(({ code }) => code);
  expect(alerts.filter((code) => /missing|damaged|unknown|forged|failed|recovery/.test(code))).toEqual([]);
});

test('what is back is a whole platform: it deploys, backs up, checks, and keeps its kit', async () => {
  expect((await fresh.curl(url('/keep?word=after'))).stdout).toBe('kept');
  await platform.ok('deploy', platform.source(APP, hoard('two')), '--app', APP);
  expect((await fresh.curl(url('/up'))).stdout).toBe('two');
  expect(JSON.parse((await fresh.curl(url('/told'))).stdout)).toMatchObject({ rows: 5701, word: WORD });
  await platform.ok('backups:run', PROJECT);
  const list = await backupsOf();
  const newest = (kind: string) => list.find((one) => one.kind === kind && one.source === LEDGER)!.id;
  await platform.ok('backups:verify', PROJECT, newest('dump'));
  // Of this history, not of the lost machine's: a moment after the loss can be reached.
  await platform.ok('backups:verify', PROJECT, newest('base'));
  const moment = new Date();
  await sleep(2000);
  expect((await fresh.curl(url('/keep?word=later'))).stdout).toBe('kept');
  const to = ['--to', moment.toISOString(), '--as', 'ledger-then'];
  await platform.ok('backups:restore', PROJECT, LEDGER, ...to);
  expect(await rowsOf('pg:psql', 'ledger-then', 'select count(*) from hoard')).toContain('5701');
  const alerts = (await platform.json<{ code: string }[]>('alerts')).map(({ code }) => code);
  note(`alerts: ${alerts.join(', ')}`);
  expect(alerts.filter((code) => /missing|damaged|unknown|forged|failed/.test(code))).toEqual([]);
  const tested = await script(fresh.host, 'recovery-kit.ts', 'test', KIT);
  expect(tested.code, tested.stdout + tested.stderr).toBe(0);
  const again = await script(fresh.host, 'recover.ts', '--kit', KIT);
  expect(again.stdout).toContain('recover_not_fresh');
}, 900_000);
