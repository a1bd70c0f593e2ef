import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { newId } from '../../kernel/id.ts';
import type { EdgeApp } from './plan.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** Every app that has a slot, with its hosts and the releases that the edge has to do with. */
export async function edgeApps(db: Db): Promise<EdgeApp[]> {
  const [apps, domains, releases] = await Promise.all([
    db
      .selectFrom('apps')
      .innerJoin('projects', 'projects.id', 'apps.project_id')
      .select([
        'apps.id',
        'apps.slot',
        'apps.project_id',
        'apps.maintenance',
        'apps.body_limit',
        'projects.request_limit',
      ])
      .where('apps.deleted_at', 'is', null)
      .where('apps.slot', 'is not', null)
      .orderBy('apps.slot')
      .execute(),
    db.selectFrom('domains').select(['app_id', 'host']).orderBy('kind', 'desc').orderBy('host').execute(),
    db
      .selectFrom('releases')
      .select(['app_id', 'version', 'traffic', 'health_path'])
      .where('traffic', '<>', 'none')
      .execute(),
  ]);
  const hosts = Map.groupBy(domains, (domain) => domain.app_id);
  const serving = Map.groupBy(releases, (release) => release.app_id);
  return apps.map((app) => ({
    id: app.id,
    slot: app.slot!,
    projectId: app.project_id,
    requestLimit: app.request_limit,
    bodyLimit: Number(app.body_limit),
    maintenance: app.maintenance,
    hosts: (hosts.get(app.id) ?? []).map((domain) => domain.host),
    releases: (serving.get(app.id) ?? []).map((release) => ({
      version: release.version,
      traffic: release.traffic,
      healthPath: release.health_path,
    })),
  }));
}

export const slotOf = async (db: Db, appId: string): Promise<number | null> =>
  (await db.selectFrom('apps').select('slot').where('id', '=', appId).executeTakeFirst())?.slot ?? null;

/** Hosts that lead somewhere: all of them, or those of one app. */
export const hostsOf = async (db: Db, appId?: string): Promise<string[]> =>
  (
    await db
      .selectFrom('domains')
      .select('host')
      .$if(appId !== undefined, (query) => query.where('app_id', '=', appId!))
      .orderBy('host')
      .execute()
  ).map((row) => row.host);

export const certificateRows = (db: Db, hosts: readonly string[]) =>
  hosts.length === 0
    ? Promise.resolve([])
    : db.selectFrom('certificates').selectAll().where('host', 'in', hosts).execute();

export interface CertificateRecord {
  readonly host: string;
  readonly issuer: 'internal' | 'acme';
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly fingerprint: string;
}

export async function recordCertificate(db: Db, record: CertificateRecord): Promise<void> {
  const row = {
    issuer: record.issuer,
    not_before: record.notBefore,
    not_after: record.notAfter,
    fingerprint: record.fingerprint,
    last_error: null,
    tried_at: sql<Date>`now()`,
  };
  await db
    .insertInto('certificates')
    .values({ host: record.host, ...row })
    .onConflict((conflict) => conflict.column('host').doUpdateSet(row))
    .execute();
}

/** A failed attempt. A host that never had a certificate gets a row with an empty fingerprint. */
export async function recordFailure(
  db: Db,
  host: string,
  issuer: 'internal' | 'acme',
  error: string,
): Promise<void> {
  const never = new Date(0);
  const failed = { last_error: error.slice(0, 1000), tried_at: sql<Date>`now()` };
  await db
    .insertInto('certificates')
    .values({ host, issuer, not_before: never, not_after: never, fingerprint: '', ...failed })
    .onConflict((conflict) => conflict.column('host').doUpdateSet(failed))
    .execute();
}

/** Forgets the certificates of names that lead nowhere any more, but for some of the platform's own. */
export async function forgetCertificates(db: Db, but: readonly string[]): Promise<void> {
  await db
    .deleteFrom('certificates')
    .where('host', 'not in', (query) => query.selectFrom('domains').select('host'))
    .$if(but.length > 0, (query) => query.where('host', 'not in', but))
    .execute();
}

export const domainViews = (db: Db, appId: string) =>
  db
    .selectFrom('domains')
    .leftJoin('certificates', 'certificates.host', 'domains.host')
    .select([
      'domains.host',
      'domains.kind',
      'domains.created_at',
      'certificates.issuer',
      'certificates.not_after',
      'certificates.fingerprint',
      'certificates.last_error',
    ])
    .where('domains.app_id', '=', appId)
    .orderBy('domains.kind', 'desc')
    .orderBy('domains.host')
    .execute();

export type DomainRow = Awaited<ReturnType<typeof domainViews>>[number];

/** Answers false where the host leads somewhere already, be it in somebody else's organization. */
export async function addDomain(
  db: Db,
  domain: { organizationId: string; appId: string; host: string },
): Promise<boolean> {
  const row = await db
    .insertInto('domains')
    .values({
      id: newId(),
      organization_id: domain.organizationId,
      app_id: domain.appId,
      host: domain.host,
      kind: 'custom',
    })
    .onConflict((conflict) => conflict.column('host').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export const removeDomain = (db: Db, appId: string, host: string) =>
  db
    .deleteFrom('domains')
    .where('app_id', '=', appId)
    .where('host', '=', host)
    .where('kind', '=', 'custom')
    .execute();

/** Gives every app its name under the platform's domain of today, where the domain was changed. */
export async function followDomain(db: Kysely<Database>, domain: string): Promise<void> {
  await sql`
    update domains d set host = a.name || '.' || ${domain}
    from apps a where a.id = d.app_id and d.kind = 'platform' and d.host <> a.name || '.' || ${domain}
      and not exists (select from domains x where x.host = a.name || '.' || ${domain})`.execute(db);
}
