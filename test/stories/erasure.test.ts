import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../src/main/paths.ts';
import { ensureVault, makeHoard, type Told, until } from './lib/hoard.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

const cli = join(import.meta.dirname, '../../src/main/cli.ts');
const word = (): string => `c4n4ry${randomBytes(16).toString('hex')}`;
/** The project that goes, and the one that stays. */
const GOES = { project: 'mayfly', app: 'mayfly-app', database: 'mayfly-db', word: word() };
const STAYS = { project: 'oak-tree', app: 'oak-app', database: 'oak-db', word: word() };
const [written, HEIR] = [word(), { project: 'mayfly-heir', database: 'heir-db' }];
const EXPORT = '/run/lab/mayfly-export.tar';
const UNPACKED = '/run/lab/mayfly-export';
/** Databases of the engine and of containerd, both of one file each. */
const FORGETFUL = /\/(io\.containerd\.metadata\.v1\.bolt\/meta|swarm\/worker\/tasks)\.db$/;
let platform: Platform;
let mayfly: Told;
let oak: Told;
/** Ids by which the project that goes could be found. */
let ids: string[];

const told = async ({ app }: { app: string }): Promise<Told> =>
  JSON.parse((await platform.get(`https://${app}.${DOMAIN}/told`)).body) as Told;
const rows = async (database: string): Promise<string> => {
  const statement = 'select n, at, word, sum from hoard order by n';
  const said = await platform.json<{ output: string }>('pg:psql', database, '-c', statement);
  return said.output;
};
const onNode = (...argv: string[]) => platform.node.host.must(argv, { timeoutMs: 590_000 });
/** The command line where it writes files beside the person. */
const atDesk = (...words: string[]) =>
  platform.desk.must([process.execPath, cli, ...words], {
    env: { XDG_CONFIG_HOME: '/run/lab/config' },
    cwd: '/run/lab',
  });
const generation = async (...of: string[]): Promise<unknown> => {
  const keys = await platform.json<{ generation?: number; id?: string; state: string }[]>('keys', ...of);
  const current = keys.find(({ state }) => state === 'current') ?? keys[0];
  return current?.generation ?? current?.id;
};

beforeAll(async () => {
  platform = await openPlatform();
  await ensureVault(platform);
  for (const names of [GOES, STAYS]) {
    await makeHoard(platform, names, { rows: 2000, files: 30 });
    const kept = await platform.get(`https://${names.app}.${DOMAIN}/keep`, '--data', written);
    expect(kept.body).toBe('kept');
  }
  [mayfly, oak] = [await told(GOES), await told(STAYS)];
  expect(mayfly).toMatchObject({ rows: 2001, word: GOES.word });
}, 1_800_000);
afterAll(async () => platform?.[Symbol.asyncDispose]());

describe('while the app is being read', () => {
  test.each([
    ['the key of the project', ['keys:rotate', '--project', GOES.project], ['--project', GOES.project]],
    ['the root key', ['keys:rotate', '--root'], ['--root']],
    ['the credentials of its database', ['pg:credentials:rotate', GOES.database], undefined],
  ])(
    '%s is replaced, and no request fails',
    async (_, words, of) => {
      const before = of && (await generation(...of));
      const load = await platform.load(GOES.app, { kinds: { get: 2, getNew: 1 }, path: '/' });
      await platform.ok(...words);
      await sleep(3000);
      const result = await load.end();
      console.log(`${words.join(' ')}: ${result.sent} requests, ${result.failures.length} failed`);
      expect(result.failures).toEqual([]);
      expect(result.sent).toBeGreaterThan(10);
      if (of) expect(await generation(...of)).not.toEqual(before);
      expect(await told(GOES)).toEqual(mayfly);
      expect(await told(STAYS)).toEqual(oak);
    },
    600_000,
  );

  test('with new keys it is backed up, deployed and read as before', async () => {
    await platform.ok('backups:run', GOES.project);
    await platform.ok('backups:platform');
    const [dump] = await platform.json<{ id: string }[]>(
      ...['backups:list', GOES.project, '--source', GOES.database, '--kind', 'dump'],
    );
    await platform.ok('backups:verify', GOES.project, dump!.id);
    await platform.ok('ps:restart', '--app', GOES.app);
    expect(await told(GOES)).toEqual(mayfly);
  });
});

describe('an export', () => {
  test('is one archive in which every file is what its manifest says', async () => {
    await platform.ok('projects:export', GOES.project, '--output', EXPORT);
    await platform.desk.must(['mkdir', '-p', UNPACKED]);
    await platform.desk.must(['tar', '-xf', EXPORT, '-C', UNPACKED]);
    const manifest = JSON.parse(platform.desk.readFile(`${UNPACKED}/manifest.json`)) as {
      files: { path: string; bytes: number; sha256: string }[];
    };
    const list = manifest.files.map(({ sha256, path }) => `${sha256}  ${path}\n`).join('');
    const checked = await platform.desk.exec(['sha256sum', '--check', '--quiet', '--strict', '-'], {
      cwd: UNPACKED,
      stdin: list,
    });
    expect(checked.code, checked.stdout + checked.stderr).toBe(0);
    const found = (await platform.desk.must(['find', '.', '-type', 'f'], { cwd: UNPACKED })).trim();
    // The manifest does not name itself.
    expect(found.split('\n').length).toBe(manifest.files.length + 1);
    console.log(manifest.files.map(({ path, bytes }) => `${path} ${bytes}`).join('\n'));
  });

  test('has the files, the names and no secret', async () => {
    const base = `volumes/${GOES.app}-files/`;
    const manifest = JSON.parse(platform.desk.readFile(`${UNPACKED}/manifest.json`)) as {
      files: { path: string; sha256: string }[];
    };
    const files = manifest.files.filter(({ path }) => path.startsWith(base));
    expect(Object.fromEntries(files.map(({ path, sha256 }) => [path.slice(base.length), sha256]))).toEqual(
      mayfly.files,
    );
    expect(platform.desk.readFile(`${UNPACKED}/project.json`)).toContain('WORD');
    const leaked = await platform.desk.exec(['grep', '-rlaF', GOES.word, UNPACKED]);
    expect(leaked.stdout).toBe('');
    const image = await platform.desk.must(['skopeo', 'inspect', '--raw', `oci:images/${GOES.app}:latest`], {
      cwd: UNPACKED,
    });
    expect(image).toContain('layers');
  });

  test('is restored elsewhere by its owner, with PostgreSQL’s own tools, row by row', async () => {
    await platform.ok('projects:create', HEIR.project);
    await platform.ok('pg:create', HEIR.database, '--project', HEIR.project);
    const opened = await platform.json<{ url: string; grant: string }>(
      ...['pg:open', '--project', HEIR.project, '--from', platform.desk.address, '--for', '15m'],
    );
    const dump = `${UNPACKED}/databases/${GOES.database}/dump.postgres`;
    const how = ['--no-owner', '--no-acl', '--no-comments', '--single-transaction', '--exit-on-error'];
    const restored = await platform.desk.exec(['pg_restore', ...how, '-d', opened.url, dump]);
    expect(restored.code, restored.stderr).toBe(0);
    const [original, copy] = [await rows(GOES.database), await rows(HEIR.database)];
    expect(copy === original).toBe(true);
    expect(copy).toContain(written);
  });
});

describe('an erasure', () => {
  const status = async () =>
    (
      await platform.json<{ project: string; status: string; finishedAt: string | null }[]>(
        'projects:erasures',
      )
    )
      .filter(({ project }) => project === GOES.project)
      .map((one) => one.status);

  test('waits for its time, and can be taken back until then', async () => {
    const wrong = await platform.bastide('projects:erase', GOES.project, '--confirm', 'another');
    expect(wrong.code).not.toBe(0);
    await platform.ok('projects:erase', GOES.project, '--confirm', GOES.project);
    expect(await status()).toContain('waiting');
    expect(await told(GOES)).toEqual(mayfly);
    await platform.ok('projects:erase:cancel', GOES.project);
    expect(await status()).toEqual(['cancelled']);
  });

  test('removes everything, while the neighbour serves as if nothing happened', async () => {
    const said = await platform.node.sql(
      `select project_id || ' ' || id from apps where name = '${GOES.app}' and deleted_at is null`,
    );
    ids = said.trim().split(' ');
    expect(ids).toHaveLength(2);
    expect(ids.every((id) => /^[0-9a-f-]{36}$/.test(id))).toBe(true);
    const load = await platform.load(STAYS.app, { kinds: { get: 2, getNew: 1 }, path: '/' });
    await platform.ok('projects:erase', GOES.project, '--confirm', GOES.project, '--days', '0');
    await until('the project is erased', async () => (await status()).includes('done'), 400);
    const result = await load.end();
    console.log(
      `the neighbour while it was erased: ${result.sent} requests, ${result.failures.length} failed`,
    );
    expect(result.failures).toEqual([]);
    expect(await told(STAYS)).toEqual(oak);
  }, 900_000);

  test('is certified, and anybody can verify the signature', async () => {
    await atDesk('projects:erasures', '--certificate', GOES.project);
    const file = `/run/lab/erasure-${GOES.project}`;
    const verify = ['openssl', 'dgst', '-sha256', '-verify', `${file}.pem`, '-signature', `${file}.sig`];
    expect(await platform.desk.must([...verify, `${file}.json`])).toContain('Verified OK');
    const text = platform.desk.readFile(`${file}.json`);
    console.log(text);
    const certificate = JSON.parse(text) as { project: { id: string }; removed: { databases: string[] } };
    expect(certificate).toMatchObject({ project: { id: ids[0], name: GOES.project } });
    expect(certificate.removed.databases).toHaveLength(1);
    platform.desk.writeFile(`${file}.json`, text.replace(GOES.project, STAYS.project));
    expect((await platform.desk.exec([...verify, `${file}.json`])).code).not.toBe(0);
  });

  test('leaves nothing that can be found: no page, name, service, network, image, file, row or word', async () => {
    expect((await platform.get(`https://${GOES.app}.${DOMAIN}/told`)).body).not.toContain(written);
    for (const noun of ['projects', 'apps', 'databases']) {
      const names = (await platform.json<{ name: string }[]>(noun)).map(({ name }) => name);
      for (const name of [GOES.project, GOES.app, GOES.database]) expect(names).not.toContain(name);
    }
    const [id] = ids as [string];
    for (const what of ['service', 'network', 'container'] as const) {
      const filter = ['--filter', `label=bastide.project=${id}`, '--quiet'];
      const found = await platform.node.docker(
        what,
        'ls',
        ...(what === 'container' ? ['-a'] : []),
        ...filter,
      );
      expect(found.stdout, what).toBe('');
    }
    expect(await onNode('ls', paths.storage, paths.projects)).not.toContain(id);
    // Words of it anywhere: in the unlocked platform with every layer, beside it, and in the rows.
    const places = [paths.platform, paths.storage, '/var/log', '/etc/bastide', '/run/bastide'];
    const hunt = ['grep', '-rlaF', '--devices=skip', '--exclude=*.img', '--exclude-dir=merged'];
    const found = await platform.node.host.exec([...hunt, '-e', GOES.word, ...places], {
      timeoutMs: 590_000,
    });
    // The engine's own databases keep what they forgot in free pages, until those are written over: the certificate says so.
    const files = found.stdout.split('\n').filter(Boolean);
    expect(files.filter((file) => !FORGETFUL.test(file))).toEqual([]);
    if (files.length > 0) {
      const content = await platform.node.host.exec(['grep', '-laF', '-e', written, ...files]);
      expect(content.stdout).toBe('');
    }
    const dump = ['/usr/lib/postgresql/15/bin/pg_dump', '--data-only', '--inserts', '-U', 'postgres'];
    const said = await platform.node.docker(
      ...['exec', 'bastide-postgres', ...dump, '-h', '/run/postgresql', '-d', 'bastide'],
    );
    expect(said.code, said.stderr).toBe(0);
    const words = [...ids, GOES.app, GOES.database];
    const naming = said.stdout.split('\n').filter((line) => words.some((one) => line.includes(one)));
    const tables = new Set(naming.map((line) => /^INSERT INTO public\.(\w+)/.exec(line)?.[1] ?? line));
    console.log(`rows that still name it: ${[...tables].join(', ')}`);
    expect([...tables].filter((table) => !['audit_log', 'erasures'].includes(table))).toEqual([]);
    // The same search finds the neighbour.
    expect(said.stdout).toContain(STAYS.app);
  }, 900_000);

  test('and what was taken elsewhere before is still there', async () => {
    expect(await rows(HEIR.database)).toContain(written);
    expect(await told(STAYS)).toEqual(oak);
  });
});
