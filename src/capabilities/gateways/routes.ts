import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { canonical, isOutside } from '../../kernel/address.ts';
import { newId } from '../../kernel/id.ts';
import { Accepted } from '../../kernel/operation.ts';
import { ProjectName } from '../organizations/model.ts';
import { makeCredential } from './credential.ts';
import {
  grantDatabaseAmbiguous,
  grantDatabaseNotFound,
  grantLimit,
  grantNotFound,
  sourceInvalid,
} from './errors.ts';
import {
  GATEWAY_PORTS,
  type GatewayName,
  Grant,
  grantTarget,
  OPEN_GRANTS,
  OpenedGrant,
  OpenGrant,
} from './model.ts';
import * as store from './store.ts';

export interface GatewaysSettings {
  /** The platform's own domain: gateways answer at `bastide.<domain>`. */
  readonly domain: string;
}

const ENGINES = { postgres: 'postgres', mysql: 'mariadb' } as const;
const Params = z.strictObject({ project: ProjectName });
function stateOf(row: store.GrantRow, now: Date): z.infer<typeof Grant>['state'] {
  if (row.closed_at) return 'closed';
  if (row.end_requested_at || row.until <= now) return 'closing';
  return row.opened_at ? 'open' : 'opening';
}

const view = (row: store.GrantRow, now: Date): z.input<typeof Grant> => ({
  id: row.id,
  gateway: row.gateway,
  database: row.database,
  user: row.role,
  source: row.source,
  state: stateOf(row, now),
  openedBy: row.opened_by,
  reason: row.reason,
  createdAt: row.created_at.toISOString(),
  openedAt: row.opened_at?.toISOString() ?? null,
  until: row.until.toISOString(),
  closedAt: row.closed_at?.toISOString() ?? null,
  endReason: row.end_reason,
});

interface Address {
  readonly gateway: GatewayName;
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly database: string;
}

/** What a client is given. PgBouncer knows a database by the name of its one user. */
const urlOf = ({ gateway, user, password, host, database }: Address): string =>
  gateway === 'postgres'
    ? `postgres://${user}:${password}@${host}:${GATEWAY_PORTS.postgres}/${user}?sslmode=verify-full`
    : `mysql://${user}:${password}@${host}:${GATEWAY_PORTS.mysql}/${database}?ssl-mode=VERIFY_IDENTITY`;

/** Door 1: grants of a project. */
export const gatewayRoutes = ({ domain }: GatewaysSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/projects/:project/grants',
    operationId: 'listGrants',
    permission: { action: 'grants:read', resource: 'project' },
    summary: 'Who may reach databases of a project from outside now, and on request who could',
    params: Params,
    query: z.strictObject({
      all: z.enum(['true', 'false']).default('false').meta({ description: 'Closed ones too' }),
    }),
    response: z.object({ grants: z.array(Grant) }),
    handler: async ({ db, scope, now }, { query }) => ({
      grants: (await store.listGrants(db, scope.projectId, query.all === 'true')).map((row) =>
        view(row, now),
      ),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/grants',
    operationId: 'openGrant',
    permission: { action: 'grants:open', resource: 'project' },
    summary: 'Open one database to one address for a while, with a credential of its own',
    params: Params,
    body: OpenGrant,
    response: OpenedGrant,
    status: 202,
    handler: async ({ db, scope, submit, actor, reason, now }, { body }) => {
      const { gateway } = body;
      const source = canonical(body.source);
      if (!source || !isOutside(source)) return sourceInvalid(body.source);
      const ready = await store.readyDatabases(db, scope.projectId, ENGINES[gateway]);
      const wanted = body.database === null ? ready : ready.filter(({ name }) => name === body.database);
      if (wanted.length > 1) return grantDatabaseAmbiguous(wanted.map(({ name }) => name));
      const [database] = wanted;
      if (!database) return grantDatabaseNotFound(gateway, body.database);
      if ((await store.openGrants(db, scope.projectId)) >= OPEN_GRANTS) return grantLimit(OPEN_GRANTS);
      const { role, password, verifier } = makeCredential(gateway);
      const id = newId();
      const until = new Date(now.getTime() + body.seconds * 1000);
      await store.insertGrant(db, {
        id,
        organizationId: scope.organizationId,
        projectId: scope.projectId,
        databaseId: database.id,
        gateway,
        role,
        verifier,
        source,
        until,
        openedBy: actor.name,
        reason,
      });
      const { operationId } = await submit({
        kind: 'gateways.open',
        target: grantTarget(id),
        input: { grantId: id },
      });
      const url = urlOf({
        gateway,
        user: role,
        password: password.reveal(),
        host: `bastide.${domain}`,
        database: database.name.replaceAll('-', '_'),
      });
      return { operationId, grant: id, url, until: until.toISOString() };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/grants/:grant',
    operationId: 'closeGrant',
    permission: { action: 'grants:close', resource: 'project' },
    summary: 'Close a grant before its end; sessions that it opened end too',
    params: z.strictObject({ project: ProjectName, grant: z.uuid() }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { params }) => {
      const grant = await store.findGrant(db, scope.projectId, params.grant);
      if (!grant) return grantNotFound();
      await store.requestEnd(db, grant.id, 'closed');
      return submit({
        kind: 'gateways.close',
        target: grantTarget(grant.id),
        input: { grantId: grant.id },
      });
    },
  }),
];
