import { keychain } from '../../adapters/envelope/keychain.ts';
import { memoryRootKeys } from '../../adapters/envelope/memory.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { newId } from '../../kernel/id.ts';
import { must, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { KeysDeps } from './deps.ts';
import * as store from './store.ts';

export interface KeysWorld {
  readonly t: TestDatabase;
  readonly deps: KeysDeps;
  /** A project with an app, and a key unless told. */
  project(options?: { key?: boolean }): Promise<{ projectId: string; appId: string; organizationId: string }>;
  recipient(projectId: string): Promise<string | null>;
  /** Sets a config var as the API would, and a release that has it. */
  setConfig(
    at: { projectId: string; appId: string; organizationId: string },
    name: string,
    value: string,
  ): Promise<void>;
  release(at: { appId: string; organizationId: string }, version: number): Promise<string>;
  /** The value of a config var as the agent would open it now; or of a release's. */
  read(at: { projectId: string; appId: string }, name: string, releaseId?: string): Promise<Outcome<Secret>>;
  close(): Promise<void>;
}

/** Keys on a database in memory. */
export async function keysWorld(): Promise<KeysWorld> {
  const t = await testDatabase();
  const { db } = t;
  const roots = memoryRootKeys();
  const deps: KeysDeps = {
    db,
    keychain: keychain(roots),
    roots,
    given: false,
    seal,
    rotationDays: 90,
    afterRetire: async () => [],
  };
  const organizationId = newId();
  await db
    .insertInto('organizations')
    .values({ id: organizationId, name: `acme-${organizationId.slice(-6)}` })
    .execute();
  const recipient = async (projectId: string) =>
    (await db.selectFrom('projects').select('key_recipient').where('id', '=', projectId).executeTakeFirst())
      ?.key_recipient ?? null;
  let names = 0;
  return {
    t,
    deps,
    recipient,
    async project({ key = true } = {}) {
      const [projectId, appId] = [newId(), newId()];
      const name = `shop-${++names}`;
      await db
        .insertInto('projects')
        .values({ id: projectId, organization_id: organizationId, name })
        .execute();
      await db
        .insertInto('apps')
        .values({ id: appId, organization_id: organizationId, project_id: projectId, name })
        .execute();
      if (key)
        await store.saveProjectKey(db, projectId, must(await deps.keychain.createProjectKey(projectId)));
      return { projectId, appId, organizationId };
    },
    async setConfig({ projectId, appId }, name, value) {
      const sealed = must(
        await seal((await recipient(projectId))!, { owner: appId, name }, new Secret(value)),
      );
      await db
        .insertInto('config_vars')
        .values({ app_id: appId, organization_id: organizationId, name, sealed, secret: true })
        .onConflict((c) => c.columns(['app_id', 'name']).doUpdateSet({ sealed }))
        .execute();
    },
    async release({ appId }, version) {
      const [id, build] = [newId(), newId()];
      const owner = { organization_id: organizationId, app_id: appId };
      await db
        .insertInto('builds')
        .values({ id: build, ...owner, operation_id: newId(), source: '{}' })
        .execute();
      const rows = await db.selectFrom('config_vars').selectAll().where('app_id', '=', appId).execute();
      const config = Object.fromEntries(
        rows.map((row) => [row.name, { sealed: row.sealed, secret: row.secret }]),
      );
      await db
        .insertInto('releases')
        .values({
          id,
          ...owner,
          version,
          build_id: build,
          repository: 'r',
          digest: 'd',
          processes: '{}',
          config: JSON.stringify(config),
          health_path: '/up',
          description: 'd',
          created_by: 'ada',
          operation_id: newId(),
        })
        .execute();
      return id;
    },
    async read({ projectId, appId }, name, releaseId) {
      const row = releaseId
        ? (
            await db
              .selectFrom('releases')
              .select('config')
              .where('id', '=', releaseId)
              .executeTakeFirstOrThrow()
          ).config[name]
        : await db
            .selectFrom('config_vars')
            .select('sealed')
            .where('app_id', '=', appId)
            .where('name', '=', name)
            .executeTakeFirst();
      const keys = (await store.projectKeys(db, projectId))!;
      return deps.keychain.open(keys, { owner: appId, name }, row!.sealed);
    },
    close: () => t.close(),
  };
}
