import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeMemoryAcme } from '../../adapters/acme/memory.ts';
import { makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { makeMemoryEdge } from '../../adapters/haproxy/memory.ts';
import { makeMemoryPki } from '../../adapters/pki/memory.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { makeWatch } from '../../engine/watch.ts';
import { newId } from '../../kernel/id.ts';
import { must, Refusal } from '../../kernel/refusal.ts';
import type { EdgeDeps } from './deps.ts';
import { makeEdgeWorker } from './perform.ts';
import { addDomain, domainViews, removeDomain } from './store.ts';

const ids = { organization: newId(), project: newId(), app: newId(), build: newId() };
const [engine, edge, pki] = [makeMemoryEngine(), makeMemoryEdge(), makeMemoryPki()];
let database: TestDatabase;
let directory = '';
let acme = makeMemoryAcme();
let lines: string[] = [];

beforeEach(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), 'bastide-edge-'));
  acme = makeMemoryAcme();
  lines = [];
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
  await db
    .insertInto('domains')
    .values({
      id: newId(),
      organization_id: ids.organization,
      app_id: ids.app,
      host: 'shop.bastide.localhost',
      kind: 'platform',
    })
    .execute();
  await db
    .insertInto('builds')
    .values({
      id: ids.build,
      organization_id: ids.organization,
      app_id: ids.app,
      operation_id: newId(),
      source: '{}',
    })
    .execute();
});
afterEach(async () => {
  await engine.serviceRemove('web-1');
  await database.close();
  await rm(directory, { recursive: true });
});

const worker = (more: Partial<EdgeDeps> = {}) =>
  makeEdgeWorker({
    db: database.db,
    engine,
    edge,
    pki,
    acme,
    txt: async () => [],
    domain: 'bastide.localhost',
    certificates: directory,
    addressOf: () => '10.200.0.1',
    watch: makeWatch(),
    log: (line) => lines.push(line),
    ...more,
  });

async function release(version: number, traffic: 'candidate' | 'live' | 'draining'): Promise<void> {
  await database.db
    .insertInto('releases')
    .values({
      id: newId(),
      organization_id: ids.organization,
      app_id: ids.app,
      version,
      build_id: ids.build,
      repository: 'r',
      digest: 'sha256:0',
      processes: '{}',
      config: '{}',
      health_path: '/up',
      description: '',
      created_by: 'test',
      operation_id: newId(),
      traffic,
    })
    .execute();
}

const service = async (replicas = 2) => {
  must(await engine.swarmInit({ advertise: '', listen: '', pool: '', poolMask: 24 }));
  must(await engine.networkEnsure({ name: 'n', labels: {}, driver: 'overlay', internal: false }));
  engine.addImage(`10.200.0.1:5443/r@sha256:${'0'.repeat(64)}`);
  must(
    await engine.serviceCreate({
      name: 'web-1',
      labels: {
        'bastide.app': ids.app,
        'bastide.project': ids.project,
        'bastide.process': 'web',
        'bastide.version': '1',
      },
      image: `10.200.0.1:5443/r@sha256:${'0'.repeat(64)}`,
      env: {},
      user: '10001',
      replicas,
      network: 'n',
      port: 8080,
      limits: { memoryBytes: 1, cpus: 1, pids: 1 },
      tmpfs: [],
      stopGraceSeconds: 1,
      restart: 'any',
    }),
  );
};

const context = () => ({
  operation: {
    id: newId(),
    kind: 'apps.deploy',
    target: 't',
    organizationId: null,
    projectId: null,
    appId: ids.app,
    input: {},
    requestedBy: 'x',
    attempts: 1,
    failure: null,
    cancelRequested: false,
  },
  log: (line: string) => lines.push(line),
  signal: new AbortController().signal,
});
const step = (kind: string, input: unknown) => ({ capability: 'edge', kind, key: 'k', summary: '', input });
const shop = () => edge.config()!.backends.find((backend) => backend.app === ids.app)!;

describe('sync', () => {
  it('makes servers of running tasks, in the state that the store says', async () => {
    await service();
    await release(1, 'candidate');
    expect(await worker().perform(step('sync', {}), context())).toBeUndefined();
    expect(shop().servers.map((server) => server.state)).toEqual(['candidate', 'candidate']);
    await database.db.updateTable('releases').set({ traffic: 'live' }).execute();
    must(await worker().sync());
    expect(shop().servers.map((server) => server.state)).toEqual(['ready', 'ready']);
    expect(edge.config()!.routes).toEqual([{ host: 'shop.bastide.localhost', slot: shop().slot }]);
  });

  it('sends nothing more to a task that is about to end', async () => {
    await service();
    await release(1, 'live');
    engine.setTask('web-1', { wantedState: 'shutdown' }, 1);
    must(await worker().sync());
    expect(shop().servers.map((server) => server.state)).toEqual(['ready']);
    expect(shop().leaving).toHaveLength(1);
  });

  it('leaves the edge as it is when the engine does not answer', async () => {
    await service();
    await release(1, 'live');
    must(await worker().sync());
    engine.failNext('tasks');
    expect(await worker().sync()).toBeInstanceOf(Refusal);
    expect(shop().servers).toHaveLength(2);
  });
});

describe('awaitHealthy', () => {
  const wait = (seconds = 1) =>
    worker().perform(step('awaitHealthy', { appId: ids.app, version: 1, count: 2, seconds }), context());

  it('ends when enough servers answer', async () => {
    await service();
    await release(1, 'candidate');
    expect(await wait()).toBeUndefined();
  });

  it('says what the last check of which replica said', async () => {
    await service();
    await release(1, 'candidate');
    must(await worker().sync());
    edge.setCheck(shop().servers[1]!.name, 'HTTP 503');
    const refused = await wait();
    expect(refused).toMatchObject({ code: 'release_unhealthy' });
    expect((refused as Refusal).message).toMatch(
      /v1 did not become healthy: replica \d: HTTP 503 \(after 1 s\)/,
    );
  });

  it('does not wait for what cannot get better', async () => {
    await service(3);
    await release(1, 'candidate');
    engine.setTask('web-1', { state: 'failed', exitCode: 7, error: 'task: non-zero exit (7)' });
    const refused = (await wait(600)) as Refusal;
    expect(refused.message).toContain('ended with exit code 7');
  });
});

describe('awaitDrained', () => {
  it('ends when the last session has, or when the time is up', async () => {
    await service(1);
    await release(1, 'draining');
    must(await worker().sync());
    const drain = () =>
      worker().perform(step('awaitDrained', { appId: ids.app, version: 1, seconds: 0 }), context());
    expect(await drain()).toBeUndefined();
    edge.setSessions(shop().servers[0]!.name, 3);
    expect(await drain()).toBeUndefined();
    expect(lines.join()).toContain('3 requests to v1 did not end');
  });
});

describe('certificates', () => {
  const certify = () => worker().perform(step('certificates', { appId: ids.app }), context());
  const custom = () =>
    addDomain(database.db, { organizationId: ids.organization, appId: ids.app, host: 'shop.example.org' });

  it('come from the internal authority for the platform, from the public one for customers', async () => {
    expect(await custom()).toBe(true);
    expect(await custom()).toBe(false);
    expect(await certify()).toBeUndefined();
    expect(acme.asked).toEqual(['shop.example.org']);
    expect(
      edge
        .config()!
        .certificates.map((c) => c.name)
        .sort(),
    ).toEqual(['shop.bastide.localhost', 'shop.example.org']);
    expect((await stat(join(directory, 'shop.example.org.pem'))).mode & 0o777).toBe(0o600);
    expect(edge.config()!.challenges).toEqual([]);
    await certify();
    expect(acme.asked).toHaveLength(1);
  });

  it('that cannot be had are reported, kept and not fatal', async () => {
    await custom();
    acme.refuse(new Refusal('acme_challenge_failed', 'DNS points elsewhere', 'Point it here.'));
    expect(await certify()).toBeUndefined();
    expect(lines.join('\n')).toContain('shop.example.org has no certificate yet: DNS points elsewhere');
    const row = (await domainViews(database.db, ids.app)).find(
      (domain) => domain.host === 'shop.example.org',
    );
    expect(row).toMatchObject({ fingerprint: '', last_error: 'acme_challenge_failed: DNS points elsewhere' });
    await certify();
    expect(acme.asked).toHaveLength(1);
  });

  it('of hosts that are gone are forgotten', async () => {
    await custom();
    must(await worker().renew());
    await removeDomain(database.db, ids.app, 'shop.example.org');
    must(await worker().renew());
    expect(await readdir(directory)).toEqual(['shop.bastide.localhost.pem']);
    // Else somebody who takes the name again would be told that its certificate is there.
    expect(await database.db.selectFrom('certificates').select('host').execute()).toHaveLength(1);
  });

  it('of a host that came in the middle of a renewal stay', async () => {
    let first = true;
    const issue: typeof pki.issue = async (leaf) => {
      if (first) {
        first = false;
        await addDomain(database.db, {
          organizationId: ids.organization,
          appId: ids.app,
          host: 'new.bastide.localhost',
        });
        must(await renewing.perform(step('certificates', { appId: ids.app }), context()));
      }
      return pki.issue(leaf);
    };
    const renewing = worker({ pki: { ...pki, issue } });
    must(await renewing.renew());
    expect((await readdir(directory)).sort()).toEqual([
      'new.bastide.localhost.pem',
      'shop.bastide.localhost.pem',
    ]);
  });
});
