-- Staff access: an operator asks to see one project's logs, run commands in it or query its databases; the customer says yes or
-- no, or, in an emergency, a second operator does and the customer is told. What the rules are is decided in the code; that
-- nothing breaks them is held here, against the API too.

create table staff_grants (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  kind text not null check (kind in ('consent', 'break-glass')),
  scopes text[] not null check (scopes <@ array['logs', 'run', 'database'] and cardinality(scopes) between 1 and 3),
  reason text not null check (length(reason) between 10 and 500),
  seconds integer not null check (seconds between 60 and 28800),
  requested_by uuid not null references accounts,
  requested_name text not null,
  requested_at timestamptz not null default now(),
  -- After it nobody can say yes any more.
  expires_at timestamptz not null default now() + interval '24 hours',
  decision text check (decision in ('approved', 'declined')),
  decided_by uuid references accounts,
  decided_name text,
  decided_at timestamptz,
  until timestamptz,
  ended_at timestamptz,
  end_reason text check (end_reason in ('ended', 'revoked', 'given-back', 'withdrawn', 'moved', 'no-operator')),
  ended_by text,
  review text check (length(review) between 10 and 2000),
  reviewed_by uuid references accounts,
  reviewed_name text,
  reviewed_at timestamptz,
  check (kind <> 'break-glass' or seconds <= 3600),
  check (expires_at <= requested_at + interval '24 hours'),
  check ((decision is null) = (decided_at is null) and (decision is null) = (decided_by is null)),
  check (decided_by is null or decided_by <> requested_by),
  check ((until is null) = (decision is distinct from 'approved')),
  check (until is null or until <= decided_at + make_interval(secs => seconds)),
  check ((ended_at is null) = (end_reason is null)),
  check ((review is null) = (reviewed_at is null) and (review is null) = (reviewed_by is null)),
  check (review is null or (kind = 'break-glass' and reviewed_by not in (requested_by, decided_by)))
);
create index staff_grants_of_project on staff_grants (project_id, requested_at desc);
create index staff_grants_of_organization on staff_grants (organization_id, requested_at desc);
create index staff_grants_open on staff_grants (requested_by) where ended_at is null;

alter table operations add column grant_id uuid references staff_grants on delete set null;
create index operations_of_grant on operations (grant_id) where grant_id is not null;
create index audit_log_grant on audit_log ((detail ->> 'grant')) where detail ->> 'grant' is not null;

create function bastide_is_operator(account uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from memberships m join accounts a on a.id = m.account_id
    where m.account_id = account and m.organization_id is null and m.role = 'operator' and a.disabled_at is null)
$$;

-- Approved, not over, not ended, and of somebody who is an operator still.
create function bastide_grant_lives(which uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from staff_grants g where g.id = which and g.decision = 'approved' and g.ended_at is null
    and now() < g.until and bastide_is_operator(g.requested_by))
$$;

-- Rows are made undecided, are decided once and end once; nothing of them is written over.
create function bastide_staff_grant_rules() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
declare broken text;
begin
  if tg_op = 'INSERT' then
    new.requested_at := now();
    if new.decision is not null or new.ended_at is not null or new.review is not null then broken := 'is made undecided';
    elsif not bastide_is_operator(new.requested_by) then broken := 'is asked for by an operator';
    elsif not exists (select 1 from projects p where p.id = new.project_id and p.organization_id = new.organization_id) then
      broken := 'is for a project of its organization';
    end if;
  else
    -- It stays with whom it was asked of, where the project goes to another organization.
    new.organization_id := old.organization_id;
    if (new.id, new.project_id, new.kind, new.scopes, new.reason, new.seconds, new.requested_by, new.requested_at, new.expires_at)
      is distinct from (old.id, old.project_id, old.kind, old.scopes, old.reason, old.seconds, old.requested_by, old.requested_at, old.expires_at) then
      broken := 'keeps what was asked';
    elsif old.decision is not null and (new.decision, new.decided_by, new.decided_at, new.until)
      is distinct from (old.decision, old.decided_by, old.decided_at, old.until) then
      broken := 'is decided once';
    elsif old.ended_at is not null and (new.ended_at, new.end_reason) is distinct from (old.ended_at, old.end_reason) then
      broken := 'ends once';
    elsif old.review is not null and new.review is distinct from old.review then
      broken := 'is reviewed once';
    elsif old.decision is null and new.decision is not null then
      if old.ended_at is not null or old.expires_at <= now() then broken := 'waits no more';
      elsif new.decided_at <> now() then broken := 'is decided now';
      elsif old.kind = 'consent' and not exists (select 1 from memberships m join accounts a on a.id = m.account_id
        where m.account_id = new.decided_by and m.organization_id = old.organization_id and m.role in ('owner', 'admin')
          and a.disabled_at is null) then
        broken := 'is decided by an owner or admin of the organization';
      elsif old.kind = 'break-glass' and not exists (select 1 from memberships m where m.account_id = new.decided_by
        and m.organization_id is null and m.role = 'operator' and m.since <= now() - interval '24 hours'
        and bastide_is_operator(m.account_id)) then
        broken := 'is confirmed by another operator, who is one for a day at least';
      end if;
    end if;
    if broken is null and old.review is null and new.review is not null and (old.decision is distinct from 'approved'
      or not exists (select 1 from memberships m join accounts a on a.id = m.account_id where m.account_id = new.reviewed_by
        and m.organization_id is null and m.role = 'security-officer' and a.disabled_at is null)) then
      broken := 'is reviewed by a security officer, once it was opened';
    end if;
  end if;
  if broken is not null then
    raise exception 'staff access %', broken using errcode = 'check_violation', constraint = 'staff_grant_rules';
  end if;
  return new;
end $$;
create trigger rules before insert or update on staff_grants for each row execute function bastide_staff_grant_rules();

-- Whatever happens to one stands in the customer's audit log and among the customer's alerts in the same transaction.
create function bastide_staff_grant_told() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
declare
  project text := (select p.name from projects p where p.id = new.project_id);
  about text := 'staff-access:' || new.id;
  what text := array_to_string(new.scopes, ', ');
  told text;
  who text;
begin
  if tg_op = 'INSERT' then
    told := 'requested'; who := new.requested_name;
    if new.kind = 'consent' then
      insert into alerts (id, organization_id, project_id, severity, code, subject, message, next, detail) values (gen_random_uuid(),
        new.organization_id, new.project_id, 'warning', 'staff_access_requested', about,
        format('%s of the platform asks to reach %s of the project %s for %s minutes: %s', who, what, project, new.seconds / 60, new.reason),
        format('Say yes or no: bastide access:approve %s, bastide access:decline %s', new.id, new.id), jsonb_build_object('grant', new.id));
    end if;
  elsif old.decision is null and new.decision is not null then
    told := new.decision; who := new.decided_name;
    if new.kind = 'break-glass' and new.decision = 'approved' then
      insert into alerts (id, organization_id, project_id, severity, code, subject, message, next, detail) values
        (gen_random_uuid(), new.organization_id, new.project_id, 'critical', 'break_glass_opened', about,
        format('Staff reach %s of the project %s in an emergency, without your consent, until %s UTC: %s (asked by %s, confirmed by %s)',
          what, project, to_char(new.until at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), new.reason, new.requested_name, who),
        format('See what they do: bastide access:grants --project %s; end it: bastide access:revoke %s', project, new.id),
        jsonb_build_object('grant', new.id)),
        (gen_random_uuid(), null, null, 'critical', 'break_glass_unreviewed', about,
        format('%s broke the glass of the project %s, confirmed by %s: %s', new.requested_name, project, who, new.reason),
        format('A security officer reviews it: bastide break-glass:review %s', new.id), jsonb_build_object('grant', new.id));
      insert into audit_log (actor, action, target, outcome, reason, detail) values (who, 'break-glass.opened', about, 'done',
        new.reason, jsonb_build_object('grant', new.id, 'project', project, 'scopes', new.scopes, 'asked', new.requested_name, 'until', new.until));
    end if;
  elsif old.ended_at is null and new.ended_at is not null then
    told := new.end_reason; who := coalesce(new.ended_by, 'system:staff-access');
  elsif old.review is null and new.review is not null then
    told := 'reviewed'; who := new.reviewed_name;
    insert into audit_log (actor, action, target, outcome, reason, detail) values (who, 'break-glass.reviewed', about, 'done',
      new.review, jsonb_build_object('grant', new.id, 'project', project, 'asked', new.requested_name, 'confirmed', new.decided_name));
    update alerts set resolved_at = now() where code in ('break_glass_unreviewed', 'break_glass_opened') and subject = about
      and resolved_at is null;
  end if;
  if told is null then return null; end if;
  if new.decision is not null or new.ended_at is not null then
    update alerts set resolved_at = now() where code = 'staff_access_requested' and subject = about and resolved_at is null;
  end if;
  insert into audit_log (actor, action, target, organization_id, outcome, reason, detail) values (who, 'staff-access.' || told,
    about, new.organization_id, 'done', case when told = 'requested' then new.reason when told = 'reviewed' then new.review end,
    jsonb_build_object('grant', new.id, 'kind', new.kind, 'project', project, 'scopes', new.scopes, 'until', new.until));
  -- What was begun under it ends with it.
  if new.ended_at is not null and old.ended_at is null then
    update operations set status = 'cancelled', finished_at = now() where grant_id = new.id and status = 'queued';
    update operations set cancel_requested_at = coalesce(cancel_requested_at, now()) where grant_id = new.id and status = 'running';
    -- Whoever follows one is woken, and finds nothing any more.
    perform pg_notify('bastide_log', o.id::text) from operations o where o.grant_id = new.id;
  end if;
  return null;
end $$;
create trigger told after insert or update on staff_grants for each row execute function bastide_staff_grant_told();

-- Ends what is over, also of somebody who is no operator any more. Gives how many.
create function bastide_end_staff_grants() returns integer language plpgsql security definer
  set search_path = public, pg_temp as $$
declare ended integer;
begin
  update staff_grants set ended_at = now(),
    end_reason = case when decision is null or until > now() then 'no-operator' else 'ended' end
  where ended_at is null and ((decision = 'approved' and until <= now())
    or (coalesce(decision, '') <> 'declined' and expires_at > now() - interval '1 day' and not bastide_is_operator(requested_by)));
  get diagnostics ended = row_count;
  return ended;
end $$;

-- A project that goes to another organization takes no consent of the old one along.
create function bastide_leave_staff_grants() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  update staff_grants set ended_at = now(), end_reason = 'moved'
  where project_id = new.id and ended_at is null and decision is distinct from 'declined' and coalesce(until, expires_at) > now();
  return null;
end $$;
create trigger leave_staff_grants after update of organization_id on projects
  for each row when (old.organization_id is distinct from new.organization_id) execute function bastide_leave_staff_grants();

-- A customer's side sees and decides its own; the plane asks. Nobody deletes.
grant select, insert (id, organization_id, project_id, kind, scopes, reason, seconds, requested_by, requested_name, expires_at),
  update (decision, decided_by, decided_name, decided_at, until, ended_at, end_reason, ended_by, review, reviewed_by, reviewed_name, reviewed_at)
  on staff_grants to bastide_api;
grant select on staff_grants to bastide_agent;
alter table staff_grants enable row level security;
create policy tenant on staff_grants to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy sign_in on staff_grants for select to bastide_api using (current_setting('bastide.plane', true) = 'sign-in');
create policy agent on staff_grants to bastide_agent using (true) with check (true);

-- The second wall: a request under a grant is bound to no organization at all, so that it sees nothing of any table, but for
-- what these open: the one project, and of it what the scope needs, as long as the grant lives.
create function bastide_grant() returns uuid language sql stable as $$
  select nullif(current_setting('bastide.grant', true), '')::uuid
$$;
create function bastide_granted(project uuid, needs text default null) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select bastide_grant() is not null and bastide_grant_lives(bastide_grant()) and exists (select 1 from staff_grants g
    where g.id = bastide_grant() and g.project_id = project and (needs is null or needs = any (g.scopes)))
$$;
-- Which scope lets staff ask for an operation; none for any other.
create function bastide_scope_of(kind text) returns text language sql immutable as $$
  select case kind when 'apps.logs' then 'logs' when 'apps.run' then 'run' when 'apps.session' then 'run'
    when 'databases.query' then 'database' when 'databases.session' then 'database' when 'databases.info' then 'database' else 'none' end
$$;
create function bastide_grant_organization() returns uuid language sql stable security definer set search_path = public, pg_temp as $$
  select organization_id from staff_grants where id = bastide_grant()
$$;

create policy granted on projects for select to bastide_api using (bastide_granted(id));
create policy granted on apps for select to bastide_api using (bastide_granted(project_id));
create policy granted on releases for select to bastide_api
  using (bastide_grant() is not null and exists (select 1 from apps a where a.id = app_id and bastide_granted(a.project_id, 'run')));
create policy granted on databases for select to bastide_api using (bastide_granted(project_id, 'database'));
create policy granted on operations for select to bastide_api using (grant_id = bastide_grant() and bastide_granted(project_id));
-- A session of a terminal is recorded, or there is none.
create policy granted_new on operations for insert to bastide_api
  with check (grant_id = bastide_grant() and bastide_granted(project_id, bastide_scope_of(kind))
    and (kind not like '%.session' or coalesce(input ->> 'record', '') = 'true'));
create policy granted_change on operations for update to bastide_api using (grant_id = bastide_grant() and bastide_granted(project_id));
-- What is seen with its project is not seen with a grant.
alter policy tenant on project_keys using (bastide_grant() is null and exists (select 1 from projects p where p.id = project_id));
-- What was done under it is written down also when it has just ended.
create policy granted on audit_log for insert to bastide_api
  with check (bastide_grant() is not null and organization_id = bastide_grant_organization() and detail ->> 'grant' = bastide_grant()::text);

revoke all on function bastide_is_operator(uuid), bastide_grant_lives(uuid), bastide_end_staff_grants(), bastide_granted(uuid, text),
  bastide_grant_organization() from public;
grant execute on function bastide_grant_lives(uuid), bastide_granted(uuid, text), bastide_grant_organization() to bastide_api;
grant execute on function bastide_grant_lives(uuid), bastide_end_staff_grants() to bastide_agent;
