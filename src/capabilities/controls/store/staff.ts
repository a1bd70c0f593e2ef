import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';

/** Days that a look back covers. */
const DAYS = 14;

/** Counts of staff access over all of the platform: numbers only, judged by the prober. */
export async function staffFacts(db: Kysely<Database>): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`
    with g as (
      select *, least(until, coalesce(ended_at, until)) as over from staff_grants
      where requested_at > now() - make_interval(days => ${DAYS})
    ), under as (
      select g.id, g.decided_at, g.over, o.requested_at as at, o.status from g join operations o on o.grant_id = g.id
    ), lines as (
      select g.decided_at, g.over, a.at from g join audit_log a on a.detail ->> 'grant' = g.id::text
      where a.outcome = 'allowed' and a.detail ? 'policy'
    )
    select
      (select count(*) from g) as grants,
      (select count(*) from g where decision = 'approved' and (decided_by is null or decided_by = requested_by)) as unconsented,
      (select count(*) from g where decision = 'approved'
        and until > decided_at + make_interval(secs => case kind when 'break-glass' then least(seconds, 3600) else seconds end)) as overlong,
      (select count(*) from under where decided_at is null or at < decided_at or at > over
          or (status in ('queued', 'running') and over < now() - interval '1 minute'))
        + (select count(*) from lines where decided_at is null or at < decided_at or at > over + interval '5 seconds') as outside,
      (select count(*) from audit_log a where a.at > now() - make_interval(days => ${DAYS}) and a.organization_id is not null
        and a.outcome = 'allowed' and a.detail ? 'policy' and a.detail ->> 'grant' is null
        and (a.detail ->> 'policy' ~ '^(consent|operators|plane|security-officers|probers)-')) as bare,
      (select count(*) from g where kind = 'break-glass' and decision = 'approved' and not exists (
        select 1 from alerts x where x.code = 'break_glass_opened' and x.subject = 'staff-access:' || g.id
          and x.organization_id = g.organization_id and x.first_at <= g.decided_at + interval '1 minute')) as untold
  `.execute(db);
  return Object.fromEntries(Object.entries(rows[0]!).map(([name, count]) => [name, Number(count)]));
}
