-- What an organization may have at most. The operator says so; nobody raises his own.

create table quotas (
  organization_id uuid not null references organizations on delete cascade,
  name text not null check (name in ('projects', 'apps', 'processes', 'memory', 'databases', 'storage', 'uploads')),
  -- A number, or bytes.
  most bigint not null check (most >= 0),
  set_by text not null,
  set_at timestamptz not null default now(),
  primary key (organization_id, name)
);

-- Where the operator said nothing.
create function bastide_quota_default(name text) returns bigint language sql immutable as $$
  select case name
    when 'projects' then 50
    when 'apps' then 100
    when 'processes' then 200
    when 'memory' then 64 * 1073741824::bigint
    when 'databases' then 50
    when 'storage' then 500 * 1073741824::bigint
    when 'uploads' then 4 * 1073741824::bigint
  end::bigint
$$;

-- Processes that an app asks for: one `web` unless told.
create function bastide_processes(formation jsonb) returns bigint language sql immutable as $$
  select coalesce(sum(value::bigint), 0)::bigint + case when formation ? 'web' then 0 else 1 end from jsonb_each_text(formation)
$$;

create function bastide_quota_most(organization uuid, name text) returns bigint language sql stable security definer
  set search_path = public, pg_temp as $$
  select coalesce((select q.most from quotas q where q.organization_id = organization and q.name = bastide_quota_most.name),
    bastide_quota_default(name))
$$;

-- What it has now. Memory is what its processes and databases may take: a replica 512 MiB, a database what its plan says.
create function bastide_quota_use(organization uuid, name text) returns bigint language sql stable security definer
  set search_path = public, pg_temp as $$
  select case name
    when 'projects' then (select count(*) from projects where organization_id = organization)
    when 'apps' then (select count(*) from apps where organization_id = organization and deleted_at is null)
    when 'processes' then (select coalesce(sum(bastide_processes(formation)), 0) from apps
      where organization_id = organization and deleted_at is null)
    when 'memory' then (select coalesce(sum(bastide_processes(formation)), 0) * 536870912 from apps
        where organization_id = organization and deleted_at is null)
      + (select coalesce(sum(case plan when 'small' then 268435456 when 'standard' then 1073741824 else 4294967296 end), 0)
        from databases where organization_id = organization and status <> 'destroyed')
    when 'databases' then (select count(*) from databases where organization_id = organization and status <> 'destroyed')
    when 'storage' then (select coalesce(sum(size_bytes), 0) from project_storage where organization_id = organization)
    when 'uploads' then (select coalesce(sum(bytes), 0) from uploads where organization_id = organization and created_at > now() - interval '24 hours')
  end::bigint
$$;

-- Raises BQ001 with {organization, quota, use, most} where one of the quotas is exceeded. One of an organization asks at a
-- time, so that two changes at once do not both fit.
create function bastide_quotas_hold(organization uuid, variadic names text[]) returns void language plpgsql volatile
  security definer set search_path = public, pg_temp as $$
declare
  one text;
  use bigint;
  most bigint;
begin
  perform pg_advisory_xact_lock(4244, hashtext(organization::text));
  foreach one in array names loop
    use := bastide_quota_use(organization, one);
    most := bastide_quota_most(organization, one);
    if use > most then
      raise exception '%', json_build_object('quota', one, 'use', use, 'most', most,
        'organization', (select name from organizations where id = organization)) using errcode = 'BQ001';
    end if;
  end loop;
end $$;

create function within_quotas() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform bastide_quotas_hold(new.organization_id, variadic tg_argv);
  return null;
end $$;

-- Whatever people ask for comes by the API's role; what the agent does for the platform is not theirs.
create trigger within_quotas after insert on projects for each row when (current_user = 'bastide_api')
  execute function within_quotas('projects');
create trigger within_quotas after insert on apps for each row when (current_user = 'bastide_api')
  execute function within_quotas('apps', 'processes', 'memory');
create trigger within_quotas_scaled after update of formation on apps for each row
  when (current_user = 'bastide_api' and bastide_processes(new.formation) > bastide_processes(old.formation))
  execute function within_quotas('processes', 'memory');
create trigger within_quotas after insert on databases for each row when (current_user = 'bastide_api')
  execute function within_quotas('databases', 'memory');
create trigger within_quotas after insert on project_storage for each row when (current_user = 'bastide_api')
  execute function within_quotas('storage');
create trigger within_quotas_grown after update of size_bytes on project_storage for each row
  when (current_user = 'bastide_api' and new.size_bytes > old.size_bytes) execute function within_quotas('storage');

revoke all on function bastide_quota_most(uuid, text), bastide_quota_use(uuid, text), bastide_quotas_hold(uuid, text[]),
  within_quotas() from public;
grant execute on function bastide_quota_most(uuid, text), bastide_quota_use(uuid, text), bastide_quotas_hold(uuid, text[])
  to bastide_api, bastide_agent;

grant select, insert, update, delete on quotas to bastide_api;
alter table quotas enable row level security;
create policy tenant on quotas for select to bastide_api using (bastide_bound(organization_id));
-- Only where the transaction is the operator's.
create policy operator on quotas to bastide_api using (current_setting('bastide.plane', true) = 'operator')
  with check (current_setting('bastide.plane', true) = 'operator');
