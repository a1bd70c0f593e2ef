import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, codeOf, type TestApi, testApi } from '../../../api/testing.ts';
import { newId } from '../../../kernel/id.ts';

let api: TestApi;
const call = caller(() => api);
const exports = () => join(api.uploads, 'exports');
beforeAll(async () => {
  api = await testApi();
  await mkdir(exports());
});
afterAll(() => api.close());

/** A project with one repository and one backup of this kind. */
async function backedUp(name: string, kind: 'dump' | 'base' = 'dump') {
  const { organizationId, projectId } = await api.world(name);
  const { db } = api.t;
  const [vaultId, repositoryId, id] = [newId(), newId(), newId()];
  await db
    .insertInto('vaults')
    .values({ id: vaultId, name: `v-${name}`, url: 'https://v', place: 'here', username: 'u' })
    .execute();
  await db
    .insertInto('repositories')
    .values({
      id: repositoryId,
      organization_id: organizationId,
      project_id: projectId,
      vault_id: vaultId,
      generation: 1,
      name: `${projectId}-1`,
    })
    .execute();
  await db
    .insertInto('backups')
    .values({
      id,
      organization_id: organizationId,
      project_id: projectId,
      repository_id: repositoryId,
      kind,
      source_id: newId(),
      source_name: 'orders',
      reason: 'request',
      snapshot_id: 'a'.repeat(64),
      bytes: 1,
      started_at: new Date(),
      taken_at: new Date('2026-11-22T12:00:00Z'),
      signature: 's',
    })
    .execute();
  return { organizationId, id, repositoryId, at: `/v1/projects/${name}/backups` };
}
const recipient = async () => identityToRecipient(await generateX25519Identity());

test('a download is asked for with a key that is one, and given to its organization alone', async () => {
  const mine = await backedUp('mine');
  const foreign = await backedUp('foreign');
  const owner = await api.account('owner', mine.organizationId);
  const developer = await api.account('developer', mine.organizationId);
  const stranger = await api.account('owner', foreign.organizationId);
  const at = `${mine.at}/${mine.id}/downloads`;
  const body = { recipient: await recipient() };
  const wrong = { recipient: `${body.recipient.slice(0, -1)}${body.recipient.endsWith('q') ? 'p' : 'q'}` };
  expect(codeOf(await call('POST', at, { token: owner, body: wrong }))).toBe('backup_recipient_invalid');
  expect((await call('POST', at, { token: developer, body })).statusCode).toBe(403);
  const theirs = `${mine.at}/${foreign.id}/downloads`;
  expect(codeOf(await call('POST', theirs, { token: owner, body }))).toBe('backup_not_found');

  const asked = await call('POST', at, { token: owner, body });
  expect(asked.statusCode).toBe(202);
  const { downloadId } = asked.json() as { downloadId: string };
  const file = `${mine.at}/downloads/${downloadId}/file`;
  expect(codeOf(await call('POST', file, { token: owner }))).toBe('backup_download_not_ready');
  await api.t.db.updateTable('backup_downloads').set({ status: 'ready' }).execute();
  await writeFile(join(exports(), `${downloadId}.tar.gz.age`), 'sealed');
  const got = await call('POST', file, { token: owner });
  expect([got.statusCode, got.body]).toEqual([200, 'sealed']);
  expect(got.headers['content-disposition']).toBe('attachment; filename="mine-orders-2026-11-22.tar.gz.age"');
  expect(codeOf(await call('POST', file, { token: stranger }))).toBe('project_not_found');
  const elsewhere = `${foreign.at}/downloads/${downloadId}/file`;
  expect(codeOf(await call('POST', elsewhere, { token: stranger }))).toBe('backup_download_gone');
});

test('there are five at a time, and none of what is of no use elsewhere', async () => {
  const many = await backedUp('many');
  const owner = await api.account('owner', many.organizationId);
  const body = { recipient: await recipient() };
  const at = `${many.at}/${many.id}/downloads`;
  for (let n = 0; n < 5; n += 1)
    expect((await call('POST', at, { token: owner, body })).statusCode).toBe(202);
  expect(codeOf(await call('POST', at, { token: owner, body }))).toBe('backup_download_too_many');
  const base = await backedUp('base', 'base');
  const other = await api.account('owner', base.organizationId);
  expect(codeOf(await call('POST', `${base.at}/${base.id}/downloads`, { token: other, body }))).toBe(
    'backup_kind_not_downloadable',
  );
});

test('a rotation is for who manages, once an hour, and takes everything', async () => {
  const { organizationId, repositoryId, at } = await backedUp('turning');
  const admin = await api.account('admin', organizationId);
  const developer = await api.account('developer', organizationId);
  const rotate = (token: string) => call('POST', `${at}/rotate`, { token });
  expect((await rotate(developer)).statusCode).toBe(403);
  expect(codeOf(await rotate(admin))).toBe('backup_generation_fresh');
  await api.t.db
    .updateTable('repositories')
    .set({ created_at: new Date(Date.now() - 2 * 3_600_000) })
    .where('id', '=', repositoryId)
    .execute();
  const asked = await rotate(admin);
  expect(asked.statusCode).toBe(202);
  const { operationId } = asked.json() as { operationId: string };
  const operation = await api.t.db
    .selectFrom('operations')
    .select(['kind', 'input'])
    .where('id', '=', operationId)
    .executeTakeFirstOrThrow();
  const { items } = operation.input as { items: { kind: string }[] };
  expect(items.map(({ kind }) => kind).sort()).toEqual(['base', 'dump', 'project']);
  expect(operation).toMatchObject({
    kind: 'backups.rotate',
    input: { after: expect.stringContaining('T') },
  });
});

test('one backup is shown with its parts, its copies and its proofs, to its organization alone', async () => {
  const one = await backedUp('showing');
  const foreign = await backedUp('elsewhere');
  const owner = await api.account('owner', one.organizationId);
  const stranger = await api.account('owner', foreign.organizationId);
  const manifest = { engine: 'postgres', tables: [{ name: 'public.orders', rows: 7, checksum: 'c' }] };
  const { db } = api.t;
  await db
    .updateTable('backups')
    .set({ manifest: JSON.stringify(manifest), operation_id: newId() })
    .where('id', '=', one.id)
    .execute();
  const row = await db.selectFrom('backups').selectAll().where('id', '=', one.id).executeTakeFirstOrThrow();
  // The same operation put it into a second vault, and a physical copy beside it.
  const [vaultId, repositoryId, copyId, baseId] = [newId(), newId(), newId(), newId()];
  await db
    .insertInto('vaults')
    .values({ id: vaultId, name: 'a-second', url: 'https://s', place: 'elsewhere', username: 'u' })
    .execute();
  const { organization_id, project_id } = row;
  await db
    .insertInto('repositories')
    .values({
      id: repositoryId,
      organization_id,
      project_id,
      vault_id: vaultId,
      generation: 1,
      name: 'second-1',
    })
    .execute();
  const beside = (id: string, kind: 'dump' | 'base', digit: string) => ({
    ...{ id, organization_id, project_id, repository_id: repositoryId, kind },
    ...{ operation_id: row.operation_id, source_id: row.source_id, source_name: 'orders' },
    ...{ reason: 'request' as const, snapshot_id: digit.repeat(64), bytes: 2, signature: 's' },
    ...{ started_at: row.started_at, taken_at: row.taken_at },
    wal: kind === 'base' ? JSON.stringify({ segment: '0'.repeat(24), incarnation: 1 }) : null,
  });
  await db
    .insertInto('backups')
    .values([beside(copyId, 'dump', 'b'), beside(baseId, 'base', 'c')])
    .execute();
  await db
    .insertInto('verifications')
    .values({
      ...{ id: newId(), organization_id, project_id, repository_id: one.repositoryId, backup_id: one.id },
      ...{ kind: 'restore', verdict: 'sound', started_at: new Date(), finished_at: new Date() },
      detail: JSON.stringify({ tables: 1, rows: 7, smoke: 'none' }),
    })
    .execute();
  const shown = await call('GET', `${one.at}/${one.id}`, { token: owner });
  expect(shown.statusCode).toBe(200);
  expect(shown.json()).toMatchObject({
    snapshot: 'a'.repeat(64),
    parts: [{ name: 'public.orders', rows: 7 }],
    copies: [
      { vault: 'a-second', id: copyId },
      { vault: 'v-showing', id: one.id },
    ],
    with: [{ id: baseId, kind: 'base', vault: 'a-second' }],
    looks: [{ kind: 'restore', verdict: 'sound', tables: 1, rows: 7, files: null }],
    wal: null,
    listed: false,
    adoptedAt: null,
  });
  const base = await call('GET', `${one.at}/${baseId}`, { token: owner });
  expect(base.json()).toMatchObject({ wal: { from: '0'.repeat(24), last: null, until: null } });
  expect(codeOf(await call('GET', `${one.at}/${foreign.id}`, { token: owner }))).toBe('backup_not_found');
  expect(codeOf(await call('GET', `${one.at}/${one.id}`, { token: stranger }))).toBe('project_not_found');
});
