import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeMemoryEngine } from '../../adapters/docker/memory.ts';
import { makeMemoryGateway } from '../../adapters/pgbouncer/memory.ts';
import { type TestApi, testApi } from '../../api/testing.ts';
import type { Table } from '../../engine/capability.ts';
import { claim } from '../../engine/journal.ts';
import { runOperation } from '../../engine/run.ts';
import { must, Refusal } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { OpenEntry } from '../network/model.ts';
import { gatewayContainers } from './containers.ts';
import type { GatewaysDeps } from './deps.ts';
import { gatewaysKinds } from './kinds.ts';
import { type GatewaysWorker, makeGatewaysWorker } from './perform.ts';

const signal = new AbortController().signal;
const SOURCE = '203.0.113.7';
const PORT = 32_800;

let api: TestApi;
let world: Awaited<ReturnType<TestApi['world']>>;
let token: string;
let now: number;
let engine: ReturnType<typeof makeMemoryEngine>;
let gateways: { postgres: ReturnType<typeof makeMemoryGateway>; mysql: ReturnType<typeof makeMemoryGateway> };
let roles: Map<string, string>;
let admitted: readonly OpenEntry[];
/** What happened at the edges of the capability, in order. */
let happened: string[];
let guestsFail: Refusal | undefined;
let engineFails: Refusal | undefined;
let deps: GatewaysDeps;
let worker: GatewaysWorker;
let table: Table;

const restart = () => {
  worker = makeGatewaysWorker(deps);
  table = {
    kinds: new Map(gatewaysKinds(deps).map((kind) => [kind.kind, kind])),
    performers: new Map([['gateways', worker.perform]]),
  };
};

beforeAll(async () => {
  now = Date.now();
  api = await testApi([], () => new Date(now));
  world = await api.world('shop');
  token = await api.account('developer', world.organizationId);
});
afterAll(() => api.close());

beforeEach(async () => {
  now = Date.now();
  await api.t.db.deleteFrom('grants').execute();
  await api.t.db.deleteFrom('operations').execute();
  await api.t.db.updateTable('databases').set({ status: 'ready' }).execute();
  engine = makeMemoryEngine(() => now);
  gateways = { postgres: makeMemoryGateway(), mysql: makeMemoryGateway() };
  [roles, admitted, happened, guestsFail, engineFails] = [new Map(), [], [], undefined, undefined];
  const database = await api.t.db.selectFrom('databases').select('id').executeTakeFirstOrThrow();
  deps = {
    db: api.t.db,
    engine: {
      ...engine,
      tasks: async () =>
        engineFails ?? [
          {
            id: 't',
            service: 's',
            labels: { 'bastide.database': database.id },
            slot: 1,
            state: 'running',
            wantedState: 'running',
            error: undefined,
            exitCode: undefined,
            nodeId: 'n',
            containerId: 'c',
            publishedPort: PORT,
            at: '',
          },
        ],
    },
    gateways: {
      mysql: gateways.mysql,
      postgres: {
        apply: async (config) => {
          const done = await gateways.postgres.apply(config);
          if (done && 'changed' in done && done.changed) happened.push(`routes ${config.routes.length}`);
          return done;
        },
      },
    },
    containers: gatewayContainers,
    prepared: async () => true,
    prepare: async () => undefined,
    guests: {
      set: async (_id, { user, verifier }) => {
        if (guestsFail) return guestsFail;
        roles.set(user, verifier);
        happened.push('role made');
        return undefined;
      },
      drop: async (_id, user) => {
        if (guestsFail) return guestsFail;
        roles.delete(user);
        happened.push('role dropped');
        return undefined;
      },
    },
    tls: async () => ({ certificate: { chain: '', key: new Secret('') }, ca: '' }),
    host: '10.200.0.1',
    guesses: { failed: async () => {}, blocked: async () => new Set() },
    admit: async (entries) => {
      admitted = entries;
      happened.push(`admitted ${entries.length}`);
      return undefined;
    },
    log: () => {},
    now: () => now,
  };
  restart();
});

const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, as = token) => {
  const answer = await api.server.inject({
    method,
    url: `/v1/projects/shop/grants${path}`,
    headers: { authorization: `Bearer ${as}` },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: answer.statusCode, body: answer.json() };
};
const open = (over: object = {}) =>
  ask('POST', '', { gateway: 'postgres', source: SOURCE, seconds: 600, ...over });

async function work(): Promise<void> {
  for (;;) {
    const operation = await claim(api.t.db, 'test', [...table.kinds.keys()]);
    if (!operation) return;
    await runOperation(api.t.db, table, operation, signal);
  }
}
const grants = async (query = '?all=true') =>
  (await ask('GET', query)).body.grants as {
    state: string;
    endReason: string | null;
    user: string;
    id: string;
  }[];
/** One round of what the agent does unasked. */
async function round(): Promise<void> {
  const once = new AbortController();
  const kept = worker.keep(once.signal);
  once.abort();
  await kept;
  await work();
}

describe('a grant', () => {
  it('opens firewall, gateway and role, shows its password once and keeps it nowhere', async () => {
    const answer = await open();
    expect(answer.status).toBe(202);
    const url = new URL(answer.body.url);
    expect(url.host).toBe('bastide.localhost:5432');
    await work();
    expect(happened).toEqual(['role made', 'routes 1', 'admitted 1']);
    expect(admitted).toEqual([{ port: 5432, source: SOURCE }]);
    const [route] = gateways.postgres.routes;
    expect(route).toMatchObject({
      user: url.username,
      source: SOURCE,
      backend: { host: '10.200.0.1', port: PORT, database: 'shop' },
    });
    expect((await grants()).map(({ state }) => state)).toEqual(['open']);
    const password = decodeURIComponent(url.password);
    expect(password).toHaveLength(43);
    const tables = await Promise.all(
      (['grants', 'operations', 'audit_log', 'operation_steps', 'operation_log'] as const).map((name) =>
        api.t.db.selectFrom(name).selectAll().execute(),
      ),
    );
    expect(JSON.stringify(tables)).not.toContain(password);
    expect(JSON.stringify([api.logged, (await ask('GET', '')).body])).not.toContain(password);
  });

  it('ends at its end: firewall first, then the route, then sessions and role', async () => {
    await open();
    await work();
    happened.length = 0;
    now += 600_000;
    await round();
    expect(happened).toEqual(['admitted 0', 'routes 0', 'role dropped']);
    expect(roles.size).toBe(0);
    expect(await grants()).toMatchObject([{ state: 'closed', endReason: 'ended' }]);
  });

  it('ends at its end also where the agent was away', async () => {
    await open();
    await work();
    now += 3_000_000;
    restart();
    await round();
    expect([gateways.postgres.routes, roles.size]).toEqual([[], 0]);
    expect(await grants()).toMatchObject([{ state: 'closed', endReason: 'ended' }]);
  });

  it('stays open over a restart of the agent, and nothing is done twice', async () => {
    await open();
    await work();
    restart();
    await round();
    expect(happened.filter((line) => line === 'role made')).toHaveLength(1);
    expect(gateways.postgres.routes).toHaveLength(1);
    expect(admitted).toHaveLength(1);
  });

  it('is closed on request', async () => {
    const { body } = await open();
    await work();
    expect((await ask('DELETE', `/${body.grant}`)).status).toBe(202);
    await work();
    expect([gateways.postgres.routes, admitted, roles.size]).toEqual([[], [], 0]);
    expect(await grants()).toMatchObject([{ state: 'closed', endReason: 'closed' }]);
  });

  it('that cannot be opened leaves nothing behind', async () => {
    guestsFail = new Refusal('database_not_running', 'It does not run', 'Wait.');
    const { body } = await open();
    const operation = await claim(api.t.db, 'test', [...table.kinds.keys()]);
    await runOperation(api.t.db, table, operation!, signal);
    expect([gateways.postgres.routes, admitted]).toEqual([[], []]);
    expect((await grants('')).map(({ state }) => state)).toEqual(['closing']);
    // The database is back: what could not be dropped is dropped now.
    guestsFail = undefined;
    await round();
    expect(await grants()).toMatchObject([{ id: body.grant, state: 'closed', endReason: 'failed' }]);
  });

  it('goes with its database', async () => {
    await open();
    await work();
    await api.t.db.updateTable('databases').set({ status: 'destroyed' }).execute();
    await round();
    expect(admitted).toEqual([]);
    expect(await grants()).toMatchObject([{ state: 'closed', endReason: 'database_gone' }]);
  });

  it('is closed to the outside at its end though the engine does not answer', async () => {
    await open();
    await work();
    now += 600_000;
    engineFails = new Refusal('engine_unreachable', 'No', 'Wait.');
    await round();
    expect([happened.at(-1), admitted]).toEqual(['admitted 0', []]);
    engineFails = undefined;
    await round();
    expect([gateways.postgres.routes, roles.size]).toEqual([[], 0]);
  });
});

it('takes the log of a gateway over into the audit log, once', async () => {
  const { body } = await open();
  await work();
  const user = new URL(body.url).username;
  const at = new Date(now).toISOString();
  const said = [
    { at, event: 'opened', user, source: SOURCE, tls: 'TLSv1.3' },
    { at, event: 'refused', source: SOURCE, reason: 'TLS required' },
  ];
  deps = {
    ...deps,
    engine: {
      ...deps.engine,
      async *logs(of) {
        if ('container' in of && of.container === gatewayContainers.mysql)
          for (const [n, line] of said.entries())
            yield { at: `${at.slice(0, -1)}00${n}Z`, source: 'stdout' as const, text: JSON.stringify(line) };
      },
    },
  };
  await api.t.db.updateTable('grants').set({ gateway: 'mysql' }).execute();
  restart();
  await round();
  await round();
  restart();
  await round();
  const lines = await api.t.db
    .selectFrom('audit_log')
    .select(['outcome', 'target', 'organization_id', 'source_address', 'reason'])
    .where('action', '=', 'gateways.connection')
    .orderBy('seq')
    .execute();
  const ours = { target: 'database:shop', organization_id: world.organizationId, source_address: SOURCE };
  expect(lines).toEqual([
    { ...ours, outcome: 'allowed', reason: null },
    { ...ours, outcome: 'denied', reason: 'TLS required' },
  ]);
  must(await worker.sync());
});
