import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { seal } from '../adapters/envelope/seal.ts';
import { decider } from '../capabilities/access/decide.ts';
import type { Role } from '../capabilities/access/model.ts';
import { readPolicies } from '../capabilities/access/policies.ts';
import { hashToken, newToken } from '../capabilities/access/tokens.ts';
import { type TestDatabase, testDatabase } from '../db/testing.ts';
import { newId } from '../kernel/id.ts';
import { Secret } from '../kernel/secret.ts';
import type { Pages } from './pages.ts';
import type { Row } from './route.ts';
import { buildServer, type LogEntry, type Server } from './server.ts';
import { Sessions } from './sessions.ts';
import { PUBLIC, routeTable } from './table.ts';
import { WakeHub } from './wake.ts';

/** Of these tests alone. */
const accountsKey = new Secret(Buffer.alloc(32, 7).toString('base64url'));

/** An age recipient whose identity nobody kept. */
const RECIPIENT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';

export interface TestApi {
  readonly t: TestDatabase;
  readonly server: Server;
  readonly logged: LogEntry[];
  readonly sessions: Sessions;
  readonly uploads: string;
  readonly rows: readonly Row[];
  /** Makes an organization with a project and an app, all named after it. */
  world(
    name: string,
  ): Promise<{ organizationId: string; projectId: string; appId: string; operationId: string }>;
  /** Makes an account with one role and gives its token. */
  account(role: Role | undefined, organizationId?: string | null): Promise<string>;
  close(): Promise<void>;
}

/** The whole API on a database in memory, unless there is another one. */
export async function testApi(
  extra: readonly Row[] = [],
  now: () => Date = () => new Date(),
  open: () => Promise<TestDatabase> = testDatabase,
  pages?: Pages,
): Promise<TestApi> {
  const t = await open();
  const uploads = await mkdtemp(join(tmpdir(), 'bastide-uploads-'));
  const hub = new WakeHub();
  const sessions = new Sessions();
  const logged: LogEntry[] = [];
  const unlisten = await t.listen('bastide_log', (id) => hub.ring(id));
  const rows = [
    ...routeTable({ domain: 'localhost', seal, exports: join(uploads, 'exports'), accountsKey }),
    ...extra,
  ];
  const server = await buildServer({
    db: t.db,
    hub,
    sessions,
    rows,
    decide: decider(await readPolicies()),
    publicIds: PUBLIC,
    pages,
    uploads,
    now,
    log: (entry) => void logged.push(entry),
  });
  return {
    t,
    server,
    logged,
    sessions,
    uploads,
    rows,
    async world(name) {
      const [organizationId, projectId, appId, operationId] = [newId(), newId(), newId(), newId()];
      const owner = { organization_id: organizationId };
      await t.db.insertInto('organizations').values({ id: organizationId, name }).execute();
      await t.db
        .insertInto('projects')
        .values({ id: projectId, ...owner, name, key_recipient: RECIPIENT })
        .execute();
      await t.db
        .insertInto('apps')
        .values({ id: appId, ...owner, project_id: projectId, name })
        .execute();
      await t.db
        .insertInto('databases')
        .values({
          id: newId(),
          ...owner,
          project_id: projectId,
          name: name.replace(/-+$/, '').slice(0, 30),
          engine: 'postgres',
          version: '15',
          plan: 'small',
          status: 'ready',
          credential: 1,
        })
        .execute();
      await t.db
        .insertInto('operations')
        .values({
          id: operationId,
          ...owner,
          project_id: projectId,
          app_id: appId,
          kind: 'apps.deploy',
          target: `app:${appId}`,
          requested_by: 'somebody',
        })
        .execute();
      return { organizationId, projectId, appId, operationId };
    },
    async account(role, organizationId = null) {
      const id = newId();
      const token = newToken('bst').reveal();
      await t.db
        .insertInto('accounts')
        .values({ id, name: `u${id.replaceAll('-', '').slice(-12)}` })
        .execute();
      if (role)
        await t.db
          .insertInto('memberships')
          .values({ account_id: id, organization_id: organizationId, role })
          .execute();
      await t.db
        .insertInto('api_tokens')
        .values({
          id: newId(),
          account_id: id,
          name: 'test',
          hash: hashToken(token),
          expires_at: new Date(Date.now() + 3_600_000),
        })
        .execute();
      return token;
    },
    async close() {
      await server.close();
      await unlisten();
      await t.close();
      await rm(uploads, { recursive: true, force: true });
    },
  };
}

export type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  options?: { token?: string | undefined; body?: unknown; headers?: Record<string, string> },
) => Promise<LightMyRequestResponse>;

/** Asks the API as a client would; a body that is text goes as it is. */
export const caller =
  (api: () => TestApi): Call =>
  (method, url, options = {}) =>
    api().server.inject({
      method,
      url,
      headers: {
        ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { payload: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    });

/** The code of a refusal. */
export const codeOf = (answer: { json(): unknown }): string | undefined =>
  (answer.json() as { error?: { code?: string } }).error?.code;
