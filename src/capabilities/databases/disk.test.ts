import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { watchDisk } from './disk.ts';
import { databaseFiles } from './files.ts';
import { diskLevel, PLANS } from './model.ts';
import { type Bed, makeBed } from './testbed.ts';

let t: TestDatabase;
let bed: Bed;

beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());
beforeEach(async () => {
  bed = await makeBed(t);
});

const LIMIT = PLANS.small.diskBytes;
const alerts = async (id: string) =>
  (
    await t.db
      .selectFrom('alerts')
      .select('code')
      .where('subject', '=', `database:${id}`)
      .where('resolved_at', 'is', null)
      .execute()
  ).map(({ code }) => code);

test.each([
  [0.79, false, 'ok'],
  [0.8, false, 'high'],
  [0.95, false, 'nearly'],
  [0.999, false, 'nearly'],
  [1, false, 'full'],
  [1.5, false, 'full'],
  [0.96, true, 'full'],
  [0.94, true, 'high'],
  [0.5, true, 'ok'],
] as const)('%d of a disk that was full: %s is %s', (share, wasFull, level) =>
  expect(diskLevel(share * 1000, 1000, wasFull)).toBe(level),
);

describe('a database whose files grow', () => {
  const grow = async (id: string, share: number) => {
    bed.world.used.set(
      `/var/lib/bastide/projects/${bed.projectId}/data/databases/${id}/data`,
      Math.round(share * LIMIT),
    );
    return watchDisk(bed.deps);
  };

  test('is told of at 80 and 95 %, adds nothing from 100 % on and again below 95 %', async () => {
    const id = await bed.create();
    const held = () => bed.memory.server(id).held;
    const seen: unknown[] = [];
    for (const share of [0.5, 0.81, 0.96, 1.01, 0.97, 0.9, 0.1]) {
      expect([...(await grow(id, share))]).toEqual([]);
      seen.push([share, await alerts(id), held(), (await bed.rowOf(id)).writes_held]);
    }
    expect(seen).toEqual([
      [0.5, [], false, false],
      [0.81, ['database_disk_high'], false, false],
      [0.96, ['database_disk_nearly_full'], false, false],
      [1.01, ['database_disk_full'], true, true],
      [0.97, ['database_disk_full'], true, true],
      [0.9, ['database_disk_high'], false, false],
      [0.1, [], false, false],
    ]);
    expect(await bed.rowOf(id)).toMatchObject({ disk_bytes: Math.round(0.1 * LIMIT) });
  });

  test('is held again where somebody released it meanwhile', async () => {
    const id = await bed.create();
    await grow(id, 1.2);
    bed.memory.server(id).held = false;
    await grow(id, 1.2);
    expect(bed.memory.server(id).held).toBe(true);
  });

  test('says in its facts how much of its disk it takes', async () => {
    const id = await bed.create();
    await grow(id, 1);
    expect((await bed.run('databases.info', { databaseId: id })).status).toBe('succeeded');
    const said = await t.db
      .selectFrom('stream_chunks')
      .select('data')
      .where('source', '=', 'info')
      .orderBy('seq', 'desc')
      .executeTakeFirstOrThrow();
    expect(JSON.parse(said.data)).toMatchObject({
      disk: { usedBytes: LIMIT, limitBytes: LIMIT, full: true },
    });
  });
});

test('what files take is counted without holes, links and what is gone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bastide-disk-'));
  try {
    await writeFile(join(dir, 'a'), Buffer.alloc(100_000, 1));
    await symlink('/usr', join(dir, 'elsewhere'));
    const used = await databaseFiles.used(dir);
    expect(used).toBeGreaterThanOrEqual(100_000);
    expect(used).toBeLessThan(200_000);
    expect(await databaseFiles.used(join(dir, 'gone'))).toBe(0);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
