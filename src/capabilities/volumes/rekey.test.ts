import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keychain } from '../../adapters/envelope/keychain.ts';
import { memoryRootKeys } from '../../adapters/envelope/memory.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { copyDiffers } from '../../adapters/fscrypt/errors.ts';
import { makeMemoryImages } from '../../adapters/fscrypt/memory.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import type { Table } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import { runOperation } from '../../engine/run.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import type { VolumesDeps } from './deps.ts';
import { volumesKinds } from './kinds.ts';
import { rekeyPlaces, storagePlace } from './model.ts';
import { makeVolumesPerform } from './perform.ts';
import { openStorage } from './storage.ts';
import { findRekey, findStorage } from './store.ts';
import { keepStorage } from './upkeep.ts';

let t: TestDatabase;
const organizationId = newId();
const chain = keychain(memoryRootKeys());
beforeAll(async () => {
  t = await testDatabase();
  await t.db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
});
afterAll(() => t.close());

/** A suspended project with something stored; `die` makes the process end at one call of the images. */
async function world() {
  const projectId = newId();
  const key = must(await chain.createProjectKey(projectId));
  const name = `p${projectId.slice(-12)}`;
  await t.db
    .insertInto('projects')
    .values({ id: projectId, organization_id: organizationId, name, key_recipient: key.recipient })
    .execute();
  const images = makeMemoryImages();
  const killed = new Error('killed');
  let life = new AbortController();
  let die: { readonly call: 'copy' | 'replace' | 'open'; readonly after: boolean } | undefined;
  const mortal = {
    ...images,
    ...Object.fromEntries(
      (['copy', 'replace', 'open'] as const).map((call) => [
        call,
        async (...words: unknown[]) => {
          const dies = die?.call === call;
          // Nothing is recorded after it, as nobody is there to record it.
          if (dies) life.abort();
          if (dies && !die?.after) throw killed;
          const answer = await (images[call] as (...words: unknown[]) => Promise<unknown>)(...words);
          if (dies) throw killed;
          return answer;
        },
      ]),
    ),
  } as typeof images;
  const deps: VolumesDeps = {
    db: t.db,
    images: mortal,
    seal,
    open: (id, binding, sealed) => chain.open({ id, keys: [key] }, binding, sealed),
    engine: {
      services: async () => [],
      tasks: async () => [],
      serviceScale: async () => undefined,
    },
  };
  const table: Table = {
    kinds: new Map(volumesKinds(deps).map((kind) => [kind.kind, kind])),
    performers: new Map([['volumes', makeVolumesPerform(deps)]]),
  };
  const suspend = (on: boolean) =>
    t.db
      .updateTable('projects')
      .set({ suspended_at: on ? new Date() : null })
      .where('id', '=', projectId)
      .execute();
  must(await openStorage(deps, projectId));
  must(await images.close(storagePlace(projectId)));
  await suspend(true);

  const id = newId();
  async function begin() {
    await t.db
      .insertInto('operations')
      .values({
        id,
        kind: 'volumes.rekey',
        target: `t:${id}`,
        organization_id: organizationId,
        project_id: projectId,
        requested_by: 'ada',
        status: 'running',
        input: JSON.stringify({ projectId }),
      })
      .execute();
  }
  /** Carries the operation out, as an agent that starts anew does. */
  async function run(): Promise<string> {
    const operation: Operation = {
      id,
      kind: 'volumes.rekey',
      target: `t:${id}`,
      organizationId,
      projectId,
      appId: null,
      input: { projectId },
      requestedBy: 'ada',
      attempts: 1,
      failure: null,
      cancelRequested: false,
    };
    life = new AbortController();
    await runOperation(t.db, table, operation, life.signal);
    const ended = await t.db
      .selectFrom('operations')
      .select(['status', 'failure'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return ended.failure?.code ?? ended.status;
  }
  const row = async () => (await findStorage(t.db, projectId))!;
  /** Opened with the key that is stored, and by nothing else. */
  const opens = async () => {
    await suspend(false);
    const opened = await openStorage(deps, projectId);
    return isRefusal(opened) ? opened.code : 'opens';
  };
  return {
    projectId,
    images,
    deps,
    suspend,
    begin,
    run,
    row,
    opens,
    kill: (at: typeof die) => {
      die = at;
    },
  };
}

describe('another storage key', () => {
  test('replaces the one before, and nothing of the way is left', async () => {
    const { projectId, images, begin, run, row, opens } = await world();
    const before = await row();
    await begin();
    expect(await run()).toBe('succeeded');
    const after = await row();
    expect(after.keyId).not.toBe(before.keyId);
    expect(after.sealedKey).not.toBe(before.sealedKey);
    expect(await findRekey(t.db, projectId)).toBeUndefined();
    expect([...images.images.keys()]).toEqual([storagePlace(projectId).image]);
    expect(await opens()).toBe('opens');
  });

  test('is for a project that stands still', async () => {
    const { projectId, suspend, begin, run, opens } = await world();
    await suspend(false);
    await begin();
    expect(await run()).toBe('storage_not_suspended');
    expect(await findRekey(t.db, projectId)).toBeUndefined();
    expect(await opens()).toBe('opens');
  });

  test('lets nobody open the storage while it is on its way', async () => {
    const { projectId, deps, kill, begin, run, suspend, opens } = await world();
    await begin();
    kill({ call: 'replace', after: false });
    expect(await run()).toBe('running');
    await suspend(false);
    must(await keepStorage(deps));
    const opened = await openStorage(deps, projectId);
    expect(isRefusal(opened) && opened.code).toBe('storage_rekeying');
    kill(undefined);
    expect(await run()).toBe('succeeded');
    expect(await opens()).toBe('opens');
  });

  test('that cannot be copied to is given up, and the old one goes on', async () => {
    const { projectId, images, deps, begin, run, row, opens } = await world();
    const before = await row();
    Object.assign(deps.images, { copy: async () => copyDiffers('a/file') });
    await begin();
    expect(await run()).toBe('storage_copy_differs');
    expect(await row()).toEqual(before);
    expect(await findRekey(t.db, projectId)).toBeUndefined();
    expect([...images.images.keys()]).toEqual([storagePlace(projectId).image]);
    expect(await opens()).toBe('opens');
  });
});

describe('the process is killed', () => {
  test.each([
    ['before the copy', { call: 'copy', after: false }],
    ['after the copy', { call: 'copy', after: true }],
    ['before the change', { call: 'replace', after: false }],
    ['after the change', { call: 'replace', after: true }],
    ['before anything is opened', { call: 'open', after: false }],
    ['after something was opened', { call: 'open', after: true }],
  ] as const)('%s: the storage opens with the key that is stored, at the end', async (_, at) => {
    const { projectId, images, kill, begin, run, row, opens } = await world();
    const before = await row();
    await begin();
    kill(at);
    expect(await run()).toBe('running');
    kill(undefined);
    expect(await run()).toBe('succeeded');
    expect((await row()).keyId).not.toBe(before.keyId);
    expect(await findRekey(t.db, projectId)).toBeUndefined();
    expect(await opens()).toBe('opens');
    expect(images.images.has(rekeyPlaces(projectId).to.image)).toBe(false);
  });

  test('and the new image is lost: the old one and its key go on', async () => {
    const { projectId, images, kill, begin, run, row, opens } = await world();
    const before = await row();
    await begin();
    kill({ call: 'replace', after: false });
    expect(await run()).toBe('running');
    kill(undefined);
    must(await images.destroy(rekeyPlaces(projectId).to));
    expect(await run()).toBe('storage_wrong_key');
    expect(await row()).toMatchObject({ keyId: before.keyId, sealedKey: before.sealedKey });
    expect(await findRekey(t.db, projectId)).toBeUndefined();
    expect(await opens()).toBe('opens');
  });
});
