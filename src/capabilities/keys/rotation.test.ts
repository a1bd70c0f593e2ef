import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seal } from '../../adapters/envelope/seal.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { KEEP_OLD_MS, KEEP_OLD_ROOT_MS, projectKeyTarget, ROOT_KEY_TARGET } from './model.ts';
import { observeRoot, observeRotation } from './observe.ts';
import { planRoot, planRotation } from './plan.ts';
import { sealedColumns } from './sealed.ts';
import { destroyGeneration, destroyProjectKey, generations, projectKeys } from './store.ts';
import { runKilled } from './testing/killed.ts';
import { type KeysWorld, keysWorld } from './testing.ts';
import { keepKeys } from './upkeep.ts';

let world: KeysWorld;
beforeAll(async () => {
  world = await keysWorld();
});
afterAll(() => world.close());

type Place = Awaited<ReturnType<KeysWorld['project']>>;
const rotate = (projectId: string) => ({
  kind: 'keys.rotate',
  target: projectKeyTarget(projectId),
  projectId,
  input: { projectId },
});
const retire = (projectId: string, generation: number | null = null) => ({
  ...rotate(projectId),
  kind: 'keys.retire',
  input: { projectId, generation, reason: 'a copy was stolen' },
});
const rotateRoot = { kind: 'keys.rotate-root', target: ROOT_KEY_TARGET, projectId: null, input: {} };

async function filled(): Promise<Place & { releaseId: string }> {
  const place = await world.project();
  for (const name of ['A', 'B', 'C']) await world.setConfig(place, name, `${name}-1`);
  const releaseId = await world.release(place, 1);
  return { ...place, releaseId };
}
const read = async (place: Place, name: string, releaseId?: string) => {
  const value = await world.read(place, name, releaseId);
  return isRefusal(value) ? value.code : value.reveal();
};
const alive = async (projectId: string) =>
  (await generations(world.deps.db, projectId)).filter((g) => !g.destroyed).map((g) => g.generation);

/** What the upkeep would do once the old generations are old enough. */
async function later(projectId: string, ms = KEEP_OLD_MS) {
  const facts = await observeRotation(world.deps.db, projectId, null);
  const steps = must(planRotation({ kind: 'tidy' }, projectId, newId(), facts, Date.now() + ms));
  expect(steps.map((step) => step.kind)).toEqual(steps.map(() => 'destroyGeneration'));
  for (const step of steps)
    expect(
      await destroyGeneration(world.deps.db, projectId, (step.input as { generation: number }).generation),
    ).toBe(true);
}

describe("a project's key", () => {
  test('rotates: every value opens as before, with the new generation alone', async () => {
    const place = await filled();
    const done = await runKilled(world.deps, rotate(place.projectId), []);
    expect(done).toMatchObject({ status: 'succeeded', result: { generation: 2, unreadable: 0, old: [1] } });
    await later(place.projectId);
    expect(await alive(place.projectId)).toEqual([2]);
    for (const name of ['A', 'B', 'C']) {
      expect(await read(place, name)).toBe(`${name}-1`);
      expect(await read(place, name, place.releaseId)).toBe(`${name}-1`);
    }
  });

  test('rotates to one new generation, whenever and however often the agent is killed, while values change', async () => {
    let deaths = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30), { maxLength: 5 }), async (lives) => {
        const place = await filled();
        let version = 1;
        const done = await runKilled(world.deps, rotate(place.projectId), lives, async () => {
          version += 1;
          await world.setConfig(place, 'A', `A-${version}`);
        });
        deaths += done.deaths;
        expect(done.status).toBe('succeeded');
        await later(place.projectId);
        expect(await alive(place.projectId)).toEqual([2]);
        expect(await read(place, 'A')).toBe(`A-${version}`);
        expect(await read(place, 'B')).toBe('B-1');
        expect(await read(place, 'A', place.releaseId)).toBe('A-1');
      }),
      { numRuns: 12 },
    );
    expect(deaths).toBeGreaterThan(3);
  });

  test('is kept while anything is sealed to it, and for a while after', async () => {
    const place = await filled();
    const { db } = world.deps;
    expect(await destroyGeneration(db, place.projectId, 1)).toBe(false);
    const before = await db
      .selectFrom('config_vars')
      .select('sealed')
      .where('app_id', '=', place.appId)
      .where('name', '=', 'A')
      .executeTakeFirstOrThrow();
    await runKilled(world.deps, rotate(place.projectId), []);
    expect(await alive(place.projectId)).toEqual([2, 1]);
    // Nobody can put the old text back, so the generation is free to go.
    const back = db
      .updateTable('config_vars')
      .set({ sealed: before.sealed })
      .where('app_id', '=', place.appId)
      .where('name', '=', 'A')
      .execute();
    await expect(back).rejects.toMatchObject({ code: '40001' });
    const steps = must(
      planRotation(
        { kind: 'tidy' },
        place.projectId,
        newId(),
        await observeRotation(db, place.projectId, null),
        Date.now(),
      ),
    );
    expect(steps).toEqual([]);
  });

  test('that is old is refused wherever a sealed text is kept', async () => {
    const { db } = world.deps;
    const triggers = await sql<{ table: string; args: string }>`
      select event_object_table as table, action_statement as args from information_schema.triggers
      where trigger_name = 'sealed_to_current' and event_manipulation = 'UPDATE'`.execute(db);
    const guarded = triggers.rows.map(({ table, args }) => `${table}.${/'(\w+)'/.exec(args)![1]}`);
    expect(guarded.sort()).toEqual(sealedColumns.map(({ table, column }) => `${table}.${column}`).sort());
    const columns = await sql<{ name: string }>`
      select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and column_name ~ 'sealed'`.execute(db);
    const listed = new Set(sealedColumns.map(({ table, column }) => `${table}.${column}`));
    expect(columns.rows.map(({ name }) => name).filter((name) => !listed.has(name))).toEqual([]);
  });

  test('that was compromised goes at once, and what it had sealed opens with it no more', async () => {
    const place = await filled();
    const asked: string[] = [];
    const deps = {
      ...world.deps,
      afterRetire: async (projectId: string) => {
        asked.push(projectId);
        return [];
      },
    };
    const old = await world.deps.db
      .selectFrom('config_vars')
      .select('sealed')
      .where('app_id', '=', place.appId)
      .where('name', '=', 'A')
      .executeTakeFirstOrThrow();
    const done = await runKilled(deps, retire(place.projectId), [7, 3]);
    expect(done).toMatchObject({ status: 'succeeded', result: { generation: 2, old: [] } });
    expect(await alive(place.projectId)).toEqual([2]);
    expect(asked).toEqual([place.projectId]);
    expect(await read(place, 'A')).toBe('A-1');
    const opened = await world.deps.keychain.open(
      (await projectKeys(world.deps.db, place.projectId))!,
      { owner: place.appId, name: 'A' },
      old.sealed,
    );
    expect(isRefusal(opened) && opened.code).toBe('key_destroyed');
    const none = await runKilled(deps, retire(place.projectId, 9), []);
    expect(none).toMatchObject({ status: 'failed', failure: { code: 'keys_no_generation' } });
  });

  test('that is destroyed takes its own project with it and no other', async () => {
    const [mine, theirs] = [await filled(), await filled()];
    await destroyProjectKey(world.deps.db, mine.projectId);
    expect(await read(mine, 'A')).toBe('key_destroyed');
    expect(await read(mine, 'A', mine.releaseId)).toBe('key_destroyed');
    expect(await world.recipient(mine.projectId)).toBeNull();
    expect(await read(theirs, 'A')).toBe('A-1');
    expect(await read(theirs, 'A', theirs.releaseId)).toBe('A-1');
    const done = await runKilled(world.deps, rotate(mine.projectId), []);
    expect(done).toMatchObject({ status: 'failed', failure: { code: 'keys_none' } });
  });

  test('leaves a value alone that opens with nothing, says so, and ends', async () => {
    const place = await filled();
    const other = await filled();
    const stranger = must(
      await seal((await world.recipient(other.projectId))!, { owner: 'x', name: 'B' }, new Secret('v')),
    );
    await world.deps.db
      .updateTable('config_vars')
      .set({ sealed: stranger })
      .where('app_id', '=', place.appId)
      .where('name', '=', 'B')
      .execute();
    const done = await runKilled(world.deps, rotate(place.projectId), []);
    expect(done).toMatchObject({ status: 'succeeded', result: { unreadable: 1 } });
    expect(await read(place, 'B')).toBe('seal_broken');
    expect(await read(place, 'A')).toBe('A-1');
    const row = await world.deps.db
      .selectFrom('config_vars')
      .select('sealed')
      .where('app_id', '=', place.appId)
      .where('name', '=', 'B')
      .executeTakeFirstOrThrow();
    expect(row.sealed).toBe(`broken.${stranger}`);
  });
});

describe('the root key', () => {
  test('rotates once, whenever the agent is killed, and every project opens as before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(12), { maxLength: 4 }), async (lives) => {
        const place = await filled();
        const before = must(await world.deps.roots.ids());
        const done = await runKilled(world.deps, rotateRoot, lives);
        expect(done.status).toBe('succeeded');
        const after = must(await world.deps.roots.ids());
        expect(after.slice(0, -1)).toEqual(before);
        const facts = must(await observeRoot(world.deps));
        expect(facts.toRewrap).toBe(0);
        const steps = must(planRoot({ kind: 'tidy' }, newId(), facts, Date.now() + KEEP_OLD_ROOT_MS));
        expect(steps.map((step) => step.kind)).toEqual(before.map(() => 'destroyRoot'));
        for (const id of before) must(await world.deps.roots.destroy(id));
        for (const id of before)
          await world.deps.db
            .updateTable('root_keys')
            .set({ destroyed_at: new Date() })
            .where('id', '=', id)
            .execute();
        expect(await read(place, 'A')).toBe('A-1');
      }),
      { numRuns: 12 },
    );
  });
});

describe('the schedule', () => {
  const asked = async () =>
    (
      await world.deps.db
        .selectFrom('operations')
        .select(['kind', 'project_id'])
        .where('status', '=', 'queued')
        .execute()
    ).map((row) => [row.kind, row.project_id]);

  test('asks for what is due, once, and for nothing else', async () => {
    const own = await keysWorld();
    const day = 86_400_000;
    const { projectId } = await own.project();
    const saved = world;
    world = own;
    try {
      must(await keepKeys(own.deps, Date.now()));
      // The first look takes note of the root key.
      expect(await asked()).toEqual([['keys.tidy-root', null]]);
      await runKilled(own.deps, { ...rotateRoot, kind: 'keys.tidy-root' }, []);
      await own.deps.db.deleteFrom('operations').where('status', '=', 'queued').execute();
      expect(must(await keepKeys(own.deps, Date.now() + 89 * day))).toBe(0);
      expect(must(await keepKeys(own.deps, Date.now() + 91 * day))).toBe(2);
      expect(must(await keepKeys(own.deps, Date.now() + 91 * day))).toBe(0);
      expect(await asked()).toEqual([
        ['keys.rotate-root', null],
        ['keys.rotate', projectId],
      ]);
    } finally {
      world = saved;
      await own.close();
    }
  });
});
