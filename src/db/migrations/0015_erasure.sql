-- Exports and erasures of projects. Both rows outlive the project: an erasure is the record that it is gone.

create table erasures (
  id uuid primary key,
  organization_id uuid not null references organizations,
  -- No reference: the project's own row goes.
  project_id uuid not null,
  project_name text not null,
  status text not null default 'waiting' check (status in ('waiting', 'erasing', 'done', 'cancelled')),
  requested_by text not null,
  reason text,
  requested_at timestamptz not null default now(),
  -- The end of the grace period, until which it can be cancelled.
  erase_after timestamptz not null,
  cancelled_at timestamptz,
  cancelled_by text,
  began_at timestamptz,
  finished_at timestamptz,
  -- What was there when it began: numbers and ids, no content and no names.
  inventory jsonb,
  -- The certificate as text, and the platform's signature over exactly that text.
  certificate text,
  signature text,
  public_key text,
  check ((status = 'done') = (certificate is not null))
);
create unique index one_open_erasure on erasures (project_id) where status in ('waiting', 'erasing');
create index erasures_due on erasures (erase_after) where status = 'waiting';

create table exports (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  status text not null default 'pending' check (status in ('pending', 'ready', 'failed', 'gone')),
  requested_by text not null,
  -- age recipient that config values are encrypted to; null: names only.
  recipient text,
  bytes bigint,
  sha256 text,
  manifest jsonb,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  -- The file is removed then.
  expires_at timestamptz
);
create index exports_of_project on exports (project_id, created_at desc);

grant select on erasures, exports to bastide_api;
grant insert (id, organization_id, project_id, project_name, requested_by, reason, erase_after) on erasures to bastide_api;
grant update (status, cancelled_at, cancelled_by) on erasures to bastide_api;
grant insert (id, organization_id, project_id, requested_by, recipient) on exports to bastide_api;
grant select, insert, update on erasures, exports to bastide_agent;
grant delete on exports to bastide_agent;

do $$
declare t text;
begin
  foreach t in array array['erasures', 'exports']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id))', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;
end $$;

-- Once erasing has begun, only the agent goes on; the API may cancel what waits, and nothing else.
create function erasures_are_not_taken_back() returns trigger language plpgsql as $$
begin
  if old.status in ('done', 'cancelled') then
    raise exception 'this erasure is closed' using errcode = 'insufficient_privilege';
  end if;
  if old.status = 'erasing' and new.status not in ('erasing', 'done') then
    raise exception 'this erasure has begun' using errcode = 'insufficient_privilege';
  end if;
  if current_user = 'bastide_api' and new.status <> 'cancelled' then
    raise exception 'an erasure can only be cancelled' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger not_taken_back before update on erasures for each row execute function erasures_are_not_taken_back();

-- Nothing of the project starts again: databases, volumes and grants are closed in the records first.
create function bastide_erasure_begins(erasure uuid) returns void language plpgsql security definer
  set search_path = public, pg_temp as $$
declare project uuid;
begin
  update erasures set status = 'erasing', began_at = coalesce(began_at, now())
    where id = erasure and status in ('waiting', 'erasing') returning project_id into project;
  if project is null then return; end if;
  update projects set suspended_at = coalesce(suspended_at, now()) where id = project;
  update databases set status = 'destroyed', destroyed_at = now() where project_id = project and status <> 'destroyed';
  update volumes set deleted_at = now() where project_id = project and deleted_at is null;
  update operations set cancel_requested_at = now()
    where status in ('queued', 'running') and project_id = project and kind <> 'erasure.erase';
end $$;

-- Every row of the project, in every table that names a project or an app: also in those that are added later. Runs
-- only for an erasure that has begun. What another table still refers to is tried again after that one.
create function bastide_erase_rows(erasure uuid) returns integer language plpgsql security definer
  set search_path = public, pg_temp as $$
declare
  project uuid;
  t record;
  gone integer;
  total integer := 0;
  again boolean := true;
  left_over boolean;
begin
  select project_id into project from erasures where id = erasure and status = 'erasing';
  if project is null then return 0; end if;
  for round in 1 .. 20 loop
    exit when not again;
    again := false;
    for t in
      select c.table_name, bool_or(c.column_name = 'project_id') as by_project
      from information_schema.columns c join information_schema.tables b using (table_schema, table_name)
      where c.table_schema = 'public' and b.table_type = 'BASE TABLE'
        and c.column_name in ('project_id', 'app_id') and c.table_name not in ('erasures', 'apps')
      group by c.table_name
    loop
      begin
        if t.by_project then
          execute format('delete from %I where project_id = $1%s', t.table_name,
            case when t.table_name = 'operations' then ' and kind <> ''erasure.erase''' else '' end) using project;
          get diagnostics gone = row_count;
          total := total + gone;
        end if;
        if exists (select from information_schema.columns where table_schema = 'public' and table_name = t.table_name and column_name = 'app_id') then
          execute format('delete from %I where app_id in (select id from apps where project_id = $1)', t.table_name) using project;
          get diagnostics gone = row_count;
          total := total + gone;
        end if;
      exception when foreign_key_violation then again := true;
      end;
    end loop;
    begin
      delete from apps where project_id = project;
      get diagnostics gone = row_count;
      total := total + gone;
      delete from projects where id = project;
      get diagnostics gone = row_count;
      total := total + gone;
    exception when foreign_key_violation then again := true;
    end;
  end loop;
  select exists (select from projects where id = project) into left_over;
  if left_over then
    raise exception 'rows of the project are still referred to' using errcode = 'foreign_key_violation';
  end if;
  return total;
end $$;
revoke all on function bastide_erasure_begins(uuid), bastide_erase_rows(uuid) from public;
grant execute on function bastide_erasure_begins(uuid), bastide_erase_rows(uuid) to bastide_agent;
