import type { Connection } from '../../../adapters/pgbouncer/port.ts';
import type { GatewayName } from '../model.ts';

/** A grant that a login name or an address may belong to. */
export interface Granted {
  readonly id: string;
  readonly role: string;
  readonly source: string;
  readonly organizationId: string;
  readonly database: string;
}

export interface AuditLine {
  readonly organizationId: string | null;
  readonly target: string;
  readonly outcome: 'allowed' | 'denied' | 'done';
  readonly reason: string | null;
  readonly sourceAddress: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Refusals of one address for one reason that are told one by one; of the rest only their number is. */
const ONE_BY_ONE = 20;
const OUTCOMES = { opened: 'allowed', closed: 'done', refused: 'denied' } as const;

/** Whose it is: the grant of the name; without one, the organization whose grants alone have the address. */
function ownerOf(connection: Connection, grants: readonly Granted[]): Granted | undefined {
  const named = grants.find(({ role }) => role === connection.user);
  if (named) return named;
  const there = grants.filter(({ source }) => source === connection.source);
  const [first] = there;
  return there.every(({ organizationId }) => organizationId === first?.organizationId) ? first : undefined;
}

/** PURE. Lines of the audit log for what a gateway saw. */
export function auditLines(
  gateway: GatewayName,
  connections: readonly (Connection & { readonly at: string })[],
  grants: readonly Granted[],
): readonly AuditLine[] {
  const told = new Map<string, number>();
  const lines: AuditLine[] = [];
  const more = new Map<string, { line: AuditLine; count: number }>();
  for (const connection of connections) {
    const owner = ownerOf(connection, grants);
    const { kind, user, source, reason, at, seconds, tls } = connection;
    const line: AuditLine = {
      organizationId: owner?.organizationId ?? null,
      target: owner ? `database:${owner.database}` : `gateway:${gateway}`,
      outcome: OUTCOMES[kind],
      reason: reason ?? null,
      sourceAddress: source ?? null,
      detail: { gateway, connection: kind, at, user, grant: owner?.id, seconds, tls },
    };
    const key = `${source} ${reason}`;
    const count = (told.get(key) ?? 0) + 1;
    told.set(key, count);
    if (kind !== 'refused' || count <= ONE_BY_ONE) lines.push(line);
    else more.set(key, { line, count: count - ONE_BY_ONE });
  }
  return [
    ...lines,
    ...[...more.values()].map(({ line, count }) => ({ ...line, detail: { ...line.detail, more: count } })),
  ];
}
