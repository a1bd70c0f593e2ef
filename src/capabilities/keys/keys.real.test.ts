import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keychain } from '../../adapters/envelope/keychain.ts';
import { memoryRootKeys } from '../../adapters/envelope/memory.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { sealingRecipient } from '../../db/sealing.ts';
import { type RealDatabase, realDatabase } from '../../db/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { KeysDeps } from './deps.ts';
import { projectKeyTarget, ROOT_KEY_TARGET } from './model.ts';
import { keyView, projectKeys, saveProjectKey } from './store.ts';
import { runKilled } from './testing/killed.ts';

let real: RealDatabase;
let deps: KeysDeps;
const [organizationId, projectId, appId] = [newId(), newId(), newId()];
const binding = { owner: appId, name: 'A' };

beforeAll(async () => {
  real = await realDatabase();
  const roots = memoryRootKeys();
  deps = {
    db: real.as('bastide_agent'),
    keychain: keychain(roots),
    roots,
    given: false,
    seal,
    rotationDays: 90,
    afterRetire: async () => [],
  };
  const owner = { organization_id: organizationId };
  await real.db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
  await real.db
    .insertInto('projects')
    .values({ id: projectId, ...owner, name: 'shop' })
    .execute();
  await real.db
    .insertInto('apps')
    .values({ id: appId, ...owner, project_id: projectId, name: 'web-shop' })
    .execute();
  await saveProjectKey(deps.db, projectId, must(await deps.keychain.createProjectKey(projectId)));
});
afterAll(() => real.close());

/** Sets a config var as the API does, with the API's rights. */
const set = (value: string, pause: () => Promise<void> = async () => undefined) =>
  withTenant(real.as('bastide_api'), { organizationId }, async (tx) => {
    const recipient = await sealingRecipient(tx, projectId);
    await pause();
    const sealed = must(await seal(recipient!, binding, new Secret(value)));
    await tx
      .insertInto('config_vars')
      .values({ app_id: appId, organization_id: organizationId, name: 'A', sealed, secret: true })
      .onConflict((c) => c.columns(['app_id', 'name']).doUpdateSet({ sealed }))
      .execute();
  });
const read = async () => {
  const row = await real.db.selectFrom('config_vars').select('sealed').executeTakeFirstOrThrow();
  return must(
    await deps.keychain.open((await projectKeys(deps.db, projectId))!, binding, row.sealed),
  ).reveal();
};

test('keys rotate with the rights that the agent has, and the API sees their ages only', async () => {
  await set('one');
  const project = {
    kind: 'keys.retire',
    target: projectKeyTarget(projectId),
    projectId,
    input: { projectId, generation: null, reason: 'a test' },
  };
  expect(await runKilled(deps, project, [4])).toMatchObject({ status: 'succeeded' });
  expect(await read()).toBe('one');
  const root = { kind: 'keys.rotate-root', target: ROOT_KEY_TARGET, projectId: null, input: {} };
  expect(await runKilled(deps, root, [])).toMatchObject({ status: 'succeeded' });
  expect(await read()).toBe('one');
  const api = real.as('bastide_api');
  const seen = await withTenant(api, { organizationId }, (tx) => keyView(tx, projectId));
  expect(seen.map(({ generation, state }) => [generation, state])).toEqual([
    [2, 'current'],
    [1, 'destroyed'],
  ]);
  const wrapped = withTenant(api, { organizationId }, (tx) =>
    tx.selectFrom('project_keys').select('wrapped').execute(),
  );
  await expect(wrapped).rejects.toMatchObject({ code: '42501' });
});

test('a value that is being sealed while the key rotates is stored first and sealed anew', async () => {
  let rotated: Promise<unknown> | undefined;
  await set('two', async () => {
    const request = {
      kind: 'keys.retire',
      target: projectKeyTarget(projectId),
      projectId,
      input: { projectId, generation: null, reason: 'a test' },
    };
    rotated = runKilled(deps, request, []);
    // The rotation waits for this transaction at the project's row.
    for (;;) {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`.execute(real.db);
      if (rows[0]!.n > 0) return;
    }
  });
  expect(await rotated).toMatchObject({ status: 'succeeded' });
  expect(await read()).toBe('two');
});

test('rows of a project are erased with the rights that the agent has, and by nobody else', async () => {
  const id = newId();
  await withTenant(real.as('bastide_api'), { organizationId }, (tx) =>
    tx
      .insertInto('erasures')
      .values({
        id,
        organization_id: organizationId,
        project_id: projectId,
        project_name: 'shop',
        requested_by: 'ada',
        erase_after: new Date(),
      })
      .execute(),
  );
  const begin = sql`select bastide_erasure_begins(${id})`;
  await expect(begin.execute(real.as('bastide_api'))).rejects.toMatchObject({ code: '42501' });
  await sql`select bastide_erase_rows(${id})`.execute(deps.db);
  expect(await real.db.selectFrom('projects').select('id').execute()).toHaveLength(1);
  await begin.execute(deps.db);
  await sql`select bastide_erase_rows(${id})`.execute(deps.db);
  for (const table of ['projects', 'apps', 'config_vars', 'project_keys'] as const)
    expect(await real.db.selectFrom(table).selectAll().execute()).toEqual([]);
});
