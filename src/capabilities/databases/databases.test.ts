import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { projectNetwork } from '../network/model.ts';
import { databaseService } from './model.ts';
import { type Bed, makeBed } from './testbed.ts';
import { makeDatabaseUpkeep } from './upkeep.ts';

let t: TestDatabase;
let bed: Bed;

beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());
beforeEach(async () => {
  bed = await makeBed(t);
});

describe('a database', () => {
  test('runs hardened on its own directories, with one user whose password only the key opens', async () => {
    const { engine, memory, projectId, create, rowOf } = bed;
    const id = await create();
    const spec = engine.state.services.get(databaseService(id));
    expect(spec).toMatchObject({
      user: '70:70',
      replicas: 1,
      network: projectNetwork(projectId),
      labels: { 'bastide.project': projectId, 'bastide.database': id },
      port: 5432,
      node: 'node1',
      mounts: [
        { source: `/var/lib/bastide/projects/${projectId}/data/databases/${id}/data`, target: '/data' },
        { target: '/config', readOnly: true },
      ],
    });
    expect(await rowOf(id)).toMatchObject({ status: 'ready', credential: 1 });
    const [user, password] = [...memory.server(id).users][0]!;
    expect(user).toMatch(/^u_[0-9a-f]{12}_1$/);
    expect(Buffer.from(password, 'base64url')).toHaveLength(32);
  });

  test('that does not start is given up and leaves its name free', async () => {
    const { engine, organizationId, projectId, world, run, rowOf } = bed;
    world.broken = true;
    const id = newId();
    await t.db
      .insertInto('databases')
      .values({
        id,
        organization_id: organizationId,
        project_id: projectId,
        name: 'never',
        engine: 'postgres',
        version: '15',
        plan: 'small',
      })
      .execute();
    const ended = await run('databases.create', { databaseId: id });
    expect(ended).toEqual({ status: 'failed', code: 'database_not_running' });
    expect(engine.state.services.has(databaseService(id))).toBe(false);
    expect((await rowOf(id)).status).toBe('destroyed');
  });

  test('gives an app its address, and a release where it runs', async () => {
    const { run, create, attach, config, asked } = bed;
    const id = await create();
    const [quiet, live] = [await attach(id, false), await attach(id, true)];
    expect([await asked(quiet.appId), await asked(live.appId)]).toEqual([0, 1]);
    const vars = await config(live.appId);
    expect(Object.keys(vars).sort()).toEqual(['DATABASE_URL', expect.stringMatching(/^SHOP_DB_.*_URL$/)]);
    expect(vars.DATABASE_URL).toContain(`${live.appId}/DATABASE_URL=postgres://u_`);
    const { attachmentId } = live;
    await t.db
      .updateTable('database_attachments')
      .set({ detaching: true })
      .where('id', '=', attachmentId)
      .execute();
    expect((await run('databases.detach', { databaseId: id, attachmentId })).status).toBe('succeeded');
    expect(await config(live.appId)).toEqual({});
    expect(await asked(live.appId)).toBe(2);
  });

  test('rotates: the old user goes only when the app has moved', async () => {
    const { memory, world, run, create, attach, config } = bed;
    const id = await create();
    const { appId } = await attach(id, true);
    world.released = 'failed';
    expect(await run('databases.rotate', { databaseId: id, generation: 2 })).toEqual({
      status: 'failed',
      code: 'database_release_failed',
    });
    expect([...memory.server(id).users.keys()].map((user) => user.slice(-2))).toEqual(['_1', '_2']);
    world.released = 'succeeded';
    expect((await run('databases.rotate', { databaseId: id, generation: 2 })).status).toBe('succeeded');
    expect([...memory.server(id).users.keys()].map((user) => user.slice(-2))).toEqual(['_2']);
    expect((await config(appId)).DATABASE_URL).toContain('_2:');
    expect(
      (
        await t.db
          .selectFrom('database_credentials')
          .select(['generation', 'status'])
          .where('database_id', '=', id)
          .orderBy('generation')
          .execute()
      ).map(({ status }) => status),
    ).toEqual(['dropped', 'active']);
  });

  test('is forked, and the fork is its equal', async () => {
    const { memory, organizationId, projectId, run, create, rowOf } = bed;
    const from = await create();
    memory.server(from).rows.push('one', 'two');
    const id = newId();
    await t.db
      .insertInto('databases')
      .values({
        id,
        organization_id: organizationId,
        project_id: projectId,
        name: `fork-${id.slice(-6)}`,
        engine: 'postgres',
        version: '15',
        plan: 'small',
        forked_from: from,
      })
      .execute();
    expect((await run('databases.fork', { databaseId: id, from })).status).toBe('succeeded');
    expect(memory.server(id).rows).toEqual(['one', 'two']);
    expect(await rowOf(id)).toMatchObject({ status: 'ready', credential: 1 });
  });

  test('comes back where its service is gone, by an operation that is on record', async () => {
    const { engine, deps, run, create } = bed;
    const id = await create();
    const look = makeDatabaseUpkeep(deps);
    must(await engine.serviceRemove(databaseService(id)));
    const converges = () =>
      t.db
        .selectFrom('operations')
        .select('requested_by')
        .where('kind', '=', 'databases.converge')
        .where('target', '=', `database:${id}`)
        .execute();
    await look();
    expect(await converges()).toEqual([]);
    await look();
    await look();
    expect(await converges()).toEqual([{ requested_by: 'system:drift' }]);
    expect((await run('databases.converge', { databaseId: id })).status).toBe('succeeded');
    expect(engine.state.services.has(databaseService(id))).toBe(true);
  });

  test('takes a new certificate before the old one ends, while it runs', async () => {
    const { memory, files, deps, run, create } = bed;
    const id = await create();
    expect(memory.server(id).reloads).toBe(0);
    const mine = [...files].find((file) => file.includes(id) && file.endsWith('/written'))!;
    // Its end is near.
    files.delete(mine);
    const look = makeDatabaseUpkeep(deps);
    for (const _ of [1, 2, 3]) await look();
    expect((await run('databases.converge', { databaseId: id })).status).toBe('succeeded');
    expect(files.has(mine)).toBe(true);
    expect(memory.server(id).reloads).toBe(1);
    expect((await run('databases.converge', { databaseId: id })).status).toBe('succeeded');
    expect(memory.server(id).reloads).toBe(1);
  });

  test('leaves nothing when it is destroyed', async () => {
    const { files, run, create, rowOf } = bed;
    const id = await create();
    await t.db.updateTable('databases').set({ status: 'destroying' }).where('id', '=', id).execute();
    expect((await run('databases.destroy', { databaseId: id, backup: false })).status).toBe('succeeded');
    expect((await rowOf(id)).status).toBe('destroyed');
    expect([...files].filter((file) => file.includes(id))).toEqual([]);
  });
});

test('an app of another project cannot be attached, whoever writes the row', async () => {
  const { organizationId, create } = bed;
  const databaseId = await create();
  const [appId, elsewhere] = [newId(), newId()];
  await t.db
    .insertInto('projects')
    .values({ id: elsewhere, organization_id: organizationId, name: `e${elsewhere.slice(-12)}` })
    .execute();
  await t.db
    .insertInto('apps')
    .values({
      id: appId,
      organization_id: organizationId,
      project_id: elsewhere,
      name: `a${appId.slice(-12)}`,
    })
    .execute();
  const row = {
    id: newId(),
    organization_id: organizationId,
    database_id: databaseId,
    app_id: appId,
    main: true,
  };
  await expect(t.db.insertInto('database_attachments').values(row).execute()).rejects.toThrow(
    /different projects/,
  );
});
