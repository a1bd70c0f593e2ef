import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keychain } from '../../adapters/envelope/keychain.ts';
import { memoryRootKeys } from '../../adapters/envelope/memory.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { makeMemoryProvider } from '../../adapters/s3/memory.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import type { Table } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import { runOperation } from '../../engine/run.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { ObjectsDeps } from './deps.ts';
import { objectsKinds } from './kinds.ts';
import { credentialBinding, variables } from './model.ts';
import { makeObjectsPerform } from './perform.ts';

let t: TestDatabase;
const organizationId = newId();
const chain = keychain(memoryRootKeys());
beforeAll(async () => {
  t = await testDatabase();
  await t.db.insertInto('organizations').values({ id: organizationId, name: 'acme' }).execute();
});
afterAll(() => t.close());

/** A project with an app and a provider, in memory but for the platform's own database. */
async function world() {
  const [projectId, appId, storeId] = [newId(), newId(), newId()];
  const key = must(await chain.createProjectKey(projectId));
  const owner = { organization_id: organizationId };
  const name = `p${projectId.slice(-12)}`;
  await t.db
    .insertInto('projects')
    .values({ id: projectId, ...owner, name, key_recipient: key.recipient })
    .execute();
  await t.db
    .insertInto('apps')
    .values({ id: appId, ...owner, project_id: projectId, name })
    .execute();
  const { keys, buckets, storage } = makeMemoryProvider();
  buckets.set('shop', 'list');
  keys.set('KEY1', 'secret-one');
  keys.set('KEY2', 'secret-two');
  const open: ObjectsDeps['open'] = (id, binding, sealed) => chain.open({ id, keys: [key] }, binding, sealed);
  const deps: ObjectsDeps = { db: t.db, provider: storage, seal, open };
  const table: Table = {
    kinds: new Map(objectsKinds(deps).map((kind) => [kind.kind, kind])),
    performers: new Map([['objects', makeObjectsPerform(deps)]]),
  };

  async function run(kind: string, input: object): Promise<string> {
    const id = newId();
    const row = { id, kind, target: `t:${id}`, requested_by: 'ada' };
    await t.db
      .insertInto('operations')
      .values({ ...row, ...owner, project_id: projectId, status: 'running', input: JSON.stringify(input) })
      .execute();
    const operation: Operation = {
      id,
      kind,
      target: row.target,
      organizationId,
      projectId,
      appId: null,
      input,
      requestedBy: 'ada',
      attempts: 1,
      failure: null,
      cancelRequested: false,
    };
    await runOperation(t.db, table, operation, new AbortController().signal);
    const ended = await t.db
      .selectFrom('operations')
      .select(['status', 'failure'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return ended.failure?.code ?? ended.status;
  }
  /** As the API keeps what was brought. */
  async function bring(generation: number, accessKeyId: string, secret: string, bucket = 'shop') {
    await t.db
      .insertInto('object_stores')
      .values({
        id: storeId,
        ...owner,
        project_id: projectId,
        name: 'uploads',
        endpoint: 'https://s3.example.com',
        region: 'eu-1',
        bucket,
      })
      .onConflict((c) => c.doNothing())
      .execute();
    const sealed = must(
      await seal(key.recipient, credentialBinding(storeId, generation), new Secret(secret)),
    );
    await t.db
      .insertInto('object_credentials')
      .values({ store_id: storeId, ...owner, generation, access_key_id: accessKeyId, sealed })
      .execute();
    return run(generation === 1 ? 'objects.bind' : 'objects.replace', { storeId, generation });
  }
  async function attach(main = true) {
    const id = newId();
    await t.db
      .insertInto('object_attachments')
      .values({ id, ...owner, store_id: storeId, app_id: appId, main })
      .execute();
    return { id, ended: await run('objects.attach', { storeId, attachmentId: id }) };
  }
  async function config(): Promise<Record<string, string>> {
    const rows = await t.db.selectFrom('config_vars').selectAll().where('app_id', '=', appId).execute();
    const opened = rows.map(async (row) => [
      row.secret ? `${row.name}!` : row.name,
      must(await open(projectId, { owner: appId, name: row.name }, row.sealed)).reveal(),
    ]);
    return Object.fromEntries(await Promise.all(opened));
  }
  const stored = () =>
    t.db.selectFrom('object_stores').selectAll().where('id', '=', storeId).executeTakeFirst();
  const generations = async () =>
    (
      await t.db
        .selectFrom('object_credentials')
        .select('generation')
        .where('store_id', '=', storeId)
        .execute()
    ).map((row) => row.generation);
  return { projectId, appId, storeId, run, bring, attach, config, stored, generations };
}

describe('an object store', () => {
  test('is used once the provider took its key; one that it refuses leaves nothing', async () => {
    const refused = await world();
    expect(await refused.bring(1, 'KEY1', 'secret-wrong')).toBe('objects_credential_refused');
    expect(await refused.stored()).toBeUndefined();
    expect(await refused.generations()).toEqual([]);

    const missing = await world();
    expect(await missing.bring(1, 'KEY1', 'secret-one', 'nowhere')).toBe('objects_bucket_missing');
    expect(await missing.stored()).toBeUndefined();

    const taken = await world();
    expect(await taken.bring(1, 'KEY1', 'secret-one')).toBe('succeeded');
    expect(await taken.stored()).toMatchObject({ credential: 1, access: 'list' });
  });

  test('is config vars in an app, of which only the secret key is secret; detached they are gone', async () => {
    const { bring, attach, config, run, storeId, stored } = await world();
    await bring(1, 'KEY1', 'secret-one');
    const { id, ended } = await attach();
    expect(ended).toBe('succeeded');
    expect(await config()).toEqual({
      S3_ENDPOINT: 'https://s3.example.com',
      AWS_ENDPOINT_URL_S3: 'https://s3.example.com',
      AWS_REGION: 'eu-1',
      S3_BUCKET: 'shop',
      AWS_ACCESS_KEY_ID: 'KEY1',
      'AWS_SECRET_ACCESS_KEY!': 'secret-one',
      UPLOADS_ENDPOINT: 'https://s3.example.com',
      UPLOADS_REGION: 'eu-1',
      UPLOADS_BUCKET: 'shop',
      UPLOADS_ACCESS_KEY_ID: 'KEY1',
      'UPLOADS_SECRET_ACCESS_KEY!': 'secret-one',
    });
    // They are as they are now also where an older release comes back.
    const attached = await t.db
      .selectFrom('object_attachments')
      .select('variables')
      .where('id', '=', id)
      .execute();
    expect(attached[0]?.variables.sort()).toEqual(Object.keys(variables('uploads', true)).sort());
    expect(await run('objects.unbind', { storeId })).toBe('objects_attached');
    expect(await run('objects.detach', { storeId, attachmentId: id })).toBe('succeeded');
    expect(await config()).toEqual({});
    expect(await run('objects.unbind', { storeId })).toBe('succeeded');
    expect(await stored()).toBeUndefined();
  });

  test('gets another key in every app; one that is refused changes nothing', async () => {
    const { bring, attach, config, stored, generations } = await world();
    await bring(1, 'KEY1', 'secret-one');
    await attach(false);
    expect(Object.keys(await config())).toHaveLength(Object.keys(variables('uploads', false)).length);
    expect(await bring(2, 'KEY2', 'secret-wrong')).toBe('objects_credential_refused');
    expect(await generations()).toEqual([1]);
    expect(await config()).toMatchObject({ 'UPLOADS_SECRET_ACCESS_KEY!': 'secret-one' });
    expect(await bring(2, 'KEY2', 'secret-two')).toBe('succeeded');
    expect(await generations()).toEqual([2]);
    expect(await stored()).toMatchObject({ credential: 2 });
    expect(await config()).toMatchObject({
      UPLOADS_ACCESS_KEY_ID: 'KEY2',
      'UPLOADS_SECRET_ACCESS_KEY!': 'secret-two',
    });
  });

  test('and an app of another project never meet', async () => {
    const [one, other] = [await world(), await world()];
    await one.bring(1, 'KEY1', 'secret-one');
    const meet = t.db
      .insertInto('object_attachments')
      .values({
        id: newId(),
        organization_id: organizationId,
        store_id: one.storeId,
        app_id: other.appId,
        main: true,
      })
      .execute();
    await expect(meet).rejects.toThrow('different projects');
  });
});
