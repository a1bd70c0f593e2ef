import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeMemoryAcme } from '../../adapters/acme/memory.ts';
import { makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { makeMemoryEdge } from '../../adapters/haproxy/memory.ts';
import { makeMemoryPki } from '../../adapters/pki/memory.ts';
import { testDatabase } from '../../db/testing.ts';
import { makeWatch } from '../../engine/watch.ts';
import { newId } from '../../kernel/id.ts';
import { must } from '../../kernel/refusal.ts';
import { edgeKinds } from './kinds.ts';
import { makeEdgeWorker } from './perform.ts';
import { addClaim } from './store/claims.ts';

it('a claimed name gets its certificate once the record was seen, and waits until then', async () => {
  const database = await testDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'bastide-edge-'));
  const ids = { organization: newId(), project: newId(), app: newId() };
  const { db } = database;
  await db.insertInto('organizations').values({ id: ids.organization, name: 'acme-org' }).execute();
  await db
    .insertInto('projects')
    .values({ id: ids.project, organization_id: ids.organization, name: 'shop-project' })
    .execute();
  await db
    .insertInto('apps')
    .values({ id: ids.app, organization_id: ids.organization, project_id: ids.project, name: 'shop' })
    .execute();
  const acme = makeMemoryAcme();
  try {
    let zone: readonly string[] = [];
    const deps = {
      ...{
        db,
        engine: makeMemoryEngine(),
        edge: makeMemoryEdge(),
        pki: makeMemoryPki(),
        acme,
        certificates: directory,
        watch: makeWatch(),
      },
      txt: async () => zone,
      domain: 'bastide.localhost',
      addressOf: () => '10.200.0.1',
      log: () => {},
    };
    const [perform, kind] = [
      makeEdgeWorker(deps).perform,
      edgeKinds(deps).find((one) => one.kind === 'edge.claim')!,
    ];
    const operation = {
      ...{ id: newId(), kind: 'edge.claim', target: '', attempts: 1, failure: null, cancelRequested: false },
      ...{ organizationId: ids.organization, projectId: ids.project, appId: ids.app, requestedBy: 'ada' },
      input: { host: 'shop.example.org' },
    };
    const context = { operation, log: () => {}, signal: AbortSignal.timeout(10_000) };
    const next = async () =>
      must(await kind.plan(operation, must(await kind.observe(operation)), Date.now()))[0];
    const claim = { organizationId: ids.organization, appId: ids.app, host: 'shop.example.org' };
    await addClaim(db, claim);
    const looking = (await next())!;
    expect(looking.kind).toBe('prove');
    expect(await perform(looking, context)).toMatchObject({ code: 'host_unproven' });
    const { domain_token } = await db
      .selectFrom('organizations')
      .select('domain_token')
      .executeTakeFirstOrThrow();
    zone = [`bastide-organization=${domain_token}`];
    must(await perform(looking, context));
    const certifying = (await next())!;
    expect(certifying.kind).toBe('certificates');
    must(await perform(certifying, context));
    expect(await next()).toBeUndefined();
    expect(acme.asked).toContain('shop.example.org');
  } finally {
    await database.close();
    await rm(directory, { recursive: true });
  }
});
