import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesDigest, walTags } from './chain.ts';
import { backupsWorld, type World } from './testing.ts';

let w: World;
// One world for all: what a test left is taken away before the next.
beforeAll(async () => {
  w = await backupsWorld();
  await w.addVault('away');
});
beforeEach(async () => {
  for (const table of ['repositories', 'alerts'] as const) await w.t.db.deleteFrom(table).execute();
  await w.t.db.updateTable('databases').set({ status: 'ready', incarnation: 1 }).execute();
  w.restic.repositories.clear();
  await run();
});
afterAll(() => w.close());

const run = (id = w.databaseId) =>
  w.operate('backups.run', {
    projectId: w.projectId,
    items: [{ source: { type: 'database', id }, kind: 'dump', name: 'orders' }],
    reason: 'request',
  });
const rows = () => w.t.db.selectFrom('backups').selectAll().orderBy('started_at').orderBy('id').execute();
const repository = () => w.t.db.selectFrom('repositories').selectAll().executeTakeFirstOrThrow();
const check = async () => w.operate('backups.check', { repositoryId: (await repository()).id, data: false });
const shown = () => [...w.restic.repositories.values()][0]!.snapshots;
const alerts = async () =>
  (await w.t.db.selectFrom('alerts').select('code').where('resolved_at', 'is', null).execute()).map(
    ({ code }) => code,
  );
/** The platform's database is as it was before anything was backed up. */
const forget = () => w.t.db.deleteFrom('backups').execute();
const only = (kind: string) => [...shown().values()].find(({ tags }) => tags.includes(`kind:${kind}`))!;

describe('a platform that came back from before its newest backups', () => {
  it('takes over what it signed itself, and tells nobody', async () => {
    const [before] = await rows();
    await forget();
    expect(await check()).toMatchObject({ status: 'succeeded' });
    const [after] = await rows();
    expect(after).toMatchObject({
      id: before!.id,
      snapshot_id: before!.snapshot_id,
      manifest: before!.manifest,
      signature: before!.signature,
      verdict: 'unproven',
    });
    expect(after!.adopted_at).not.toBeNull();
    expect(await alerts()).toEqual([]);
    // What was taken over is as good as any other.
    expect(await w.operate('backups.prove', { backupId: after!.id })).toMatchObject({ status: 'succeeded' });
    await check();
    expect(await rows()).toHaveLength(1);
  });

  it('has no incident for what it signed and whose line never got to the vault', async () => {
    shown().delete(only('list').id);
    await forget();
    await check();
    expect(await rows()).toEqual([]);
    expect(await alerts()).toEqual([]);
  });

  it('misses what its list in the vault has and the vault has not', async () => {
    shown().delete(only('dump').id);
    await forget();
    await check();
    expect(await rows()).toMatchObject([{ verdict: 'missing' }]);
    expect(await alerts()).toEqual(['backup_missing']);
  });

  it('takes over no list that was changed, nor one of another repository', async () => {
    const list = only('list');
    const text = Buffer.from(list.files.get('/list.json')!).toString();
    const plant = async (content: string) => {
      list.files.set('/list.json', Buffer.from(content));
      await forget();
      await check();
      return rows();
    };
    expect(await plant(text.replace('"bytes":10', '"bytes":11'))).toEqual([]);
    expect(await plant(text.replaceAll(w.projectId, crypto.randomUUID()))).toEqual([]);
    expect(await plant('{')).toEqual([]);
    expect(await plant(text)).toHaveLength(1);
  });
});

it('passes over a generation that the lost machine began, whose key is gone with it', async () => {
  await w.t.db
    .updateTable('repositories')
    .set({ created_at: new Date('2026-10-31T00:00:00Z') })
    .execute();
  const url = `https://away/r/${w.projectId}-2/`;
  w.restic.repositories.set(url, { key: 'of the lost one', snapshots: new Map() });
  expect(await run()).toMatchObject({ status: 'succeeded' });
  const [newest] = (await rows()).slice(-1);
  const used = await w.t.db
    .selectFrom('repositories')
    .select('generation')
    .where('id', '=', newest!.repository_id)
    .executeTakeFirstOrThrow();
  expect(used.generation).toBe(3);
  expect(await alerts()).toEqual(['repository_foreign']);
  expect(w.restic.repositories.get(url)!.snapshots.size).toBe(0);
  expect(await run()).toMatchObject({ status: 'succeeded' });
  expect(w.restic.repositories.size).toBe(3);
});

describe('a planted snapshot', () => {
  const plant = (tags: readonly string[], takenAt = new Date(0)) => {
    const id = 'e'.repeat(64);
    shown().set(id, { ...only('dump'), id, tags, takenAt });
  };

  it('is told though it carries what a snapshot of ours carries', async () => {
    plant(only('dump').tags);
    await check();
    expect(await alerts()).toEqual(['backup_unknown_snapshot']);
  });

  it('is told though it names an operation of ours, or says that it is write-ahead log', async () => {
    const operation = only('dump').tags.find((tag) => tag.startsWith('operation:'))!;
    for (const tag of [operation, 'kind:wal']) {
      plant([tag]);
      await check();
      expect(await alerts()).toEqual(['backup_unknown_snapshot']);
      await w.t.db.deleteFrom('alerts').execute();
    }
  });

  it('is told though it says that it comes from another day', async () => {
    plant([], new Date('2199-01-01'));
    await check();
    expect(await alerts()).toEqual(['backup_unknown_snapshot']);
  });

  it('is told after a loss too, where it is a copy of one that is not on the list any more', async () => {
    plant(only('dump').tags);
    shown().delete(only('list').id);
    await forget();
    await check();
    expect(await alerts()).toEqual(['backup_unknown_snapshot']);
  });

  it('is none where it is older than signatures, of a repository of that time', async () => {
    const made = new Date('2026-11-20T00:00:00Z');
    await w.t.db
      .updateTable('repositories')
      .set({ created_at: made, signed_from: new Date('2026-11-22T00:00:00Z') })
      .execute();
    plant(['kind:wal'], new Date('2026-11-21T00:00:00Z'));
    await check();
    expect(await alerts()).toEqual([]);
    plant(['kind:wal'], new Date('2026-11-22T01:00:00Z'));
    await check();
    expect(await alerts()).toEqual(['backup_unknown_snapshot']);
  });
});

describe('write-ahead log that the platform does not know of', () => {
  let spool: string;
  beforeEach(async () => {
    spool = await mkdtemp(join(tmpdir(), 'bastide-wal-'));
  });
  afterEach(() => rm(spool, { recursive: true, force: true }));
  const segment = (n: number) => `0000000100000000000000${n.toString(16).toUpperCase().padStart(2, '0')}`;

  /** Ships these segments of a history as the platform does. */
  async function ship(incarnation: number, numbers: readonly number[], covers: Date | null) {
    const directory = join(spool, `wal-${incarnation}`);
    await mkdir(directory, { recursive: true });
    const files = [];
    for (const name of numbers.map(segment)) {
      await writeFile(join(directory, name), `content of ${name}`);
      files.push({ name, sha256: createHash('sha256').update(`content of ${name}`).digest('hex') });
    }
    const place = await w.deps.place({ name: 'away' } as never, `${w.projectId}-1`);
    const { sealed_key, id } = await repository();
    const key = await w.deps.open(w.projectId, { owner: id, name: 'repository-key' }, sealed_key!);
    const of = { databaseId: w.databaseId, incarnation, digest: filesDigest(files), coversUntil: covers };
    await w.deps.restic.backupPaths({ ...(place as object), key } as never, {
      paths: files.map(({ name }) => join(directory, name)),
      seeing: [directory],
      tags: walTags(of),
    });
  }
  const lose = () => w.t.db.updateTable('databases').set({ status: 'suspended', incarnation: 2 }).execute();
  const adopt = () => w.operate('backups.recover', { projectId: w.projectId });
  const wal = async () => (await rows()).filter(({ kind }) => kind === 'wal');

  it('is taken over, of each block what it grew to, and the database goes on in a history that is new', async () => {
    const [one, two] = [new Date('2026-11-22T12:01:00Z'), new Date('2026-11-22T12:02:00Z')];
    await ship(1, [1], null);
    await ship(1, [1, 2], one);
    await ship(1, [3], two);
    await ship(3, [1], one);
    await lose();
    await adopt();
    expect((await wal()).map(({ wal: of, taken_at }) => [of?.incarnation, of?.last, taken_at])).toEqual(
      expect.arrayContaining([
        [1, segment(2), one],
        [1, segment(3), two],
        [3, segment(1), one],
      ]),
    );
    expect(await wal()).toHaveLength(3);
    const database = await w.t.db.selectFrom('databases').select('incarnation').executeTakeFirstOrThrow();
    expect(database.incarnation).toBe(4);
    await adopt();
    expect(await wal()).toHaveLength(3);
  });

  it('is left alone where nobody of us signed it', async () => {
    await ship(1, [1], null);
    const [own] = [...shown().values()].filter(({ tags }) => tags.includes('kind:wal'));
    const id = 'd'.repeat(64);
    const tags = own!.tags.map((tag) => (tag.startsWith('incarnation:') ? 'incarnation:9' : tag));
    shown().delete(own!.id);
    shown().set(id, { ...own!, id, tags });
    await lose();
    await adopt();
    expect(await wal()).toEqual([]);
  });
});
