-- An offered project moves only while whoever offered it still owns the organization, and takes its object stores along.

create or replace function bastide_move_project(move uuid, receiving uuid, by_whom text) returns text
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  m record;
  t record;
begin
  select * into m from project_moves where id = move and accepted_at is null and cancelled_at is null and expires_at > now() for update;
  if not found then return 'gone'; end if;
  if not exists (select 1 from organizations where id = receiving and name = m.to_organization) then return 'gone'; end if;
  -- An offer is worth what whoever made it may today: who was put out takes nothing along.
  if not exists (select 1 from accounts a join memberships o on o.account_id = a.id
    where a.name = m.requested_by and a.disabled_at is null and o.organization_id = m.organization_id and o.role = 'owner') then return 'gone'; end if;
  perform 1 from projects where id = m.project_id and organization_id = m.organization_id for update;
  if not found then return 'gone'; end if;
  if exists (select 1 from operations where project_id = m.project_id and status in ('queued', 'running')) then return 'busy'; end if;
  if exists (select 1 from grants where project_id = m.project_id and closed_at is null)
    or exists (select 1 from erasures where project_id = m.project_id and status in ('waiting', 'erasing')) then return 'open'; end if;
  -- These first: others are checked against them.
  update projects set organization_id = receiving where id = m.project_id;
  update apps set organization_id = receiving where project_id = m.project_id;
  update databases set organization_id = receiving where project_id = m.project_id;
  update object_stores set organization_id = receiving where project_id = m.project_id;
  update object_credentials set organization_id = receiving where store_id in (select id from object_stores where project_id = m.project_id);
  for t in
    select c.table_name, bool_or(c.column_name = 'project_id') as by_project, bool_or(c.column_name = 'app_id') as by_app
    from information_schema.columns c join information_schema.tables b using (table_schema, table_name)
    where c.table_schema = 'public' and b.table_type = 'BASE TABLE'
      and c.column_name in ('project_id', 'app_id', 'database_id')
      and c.table_name not in ('apps', 'databases', 'object_stores', 'erasures', 'project_moves')
      and exists (select from information_schema.columns o where o.table_schema = 'public' and o.table_name = c.table_name and o.column_name = 'organization_id')
    group by c.table_name
  loop
    execute format('update %I set organization_id = $1 where %s', t.table_name, case
      when t.by_project then 'project_id = $2'
      when t.by_app then 'app_id in (select id from apps where project_id = $2)'
      else 'database_id in (select id from databases where project_id = $2)' end) using receiving, m.project_id;
  end loop;
  update project_moves set accepted_at = now(), accepted_by = by_whom where id = move;
  return 'moved';
end $$;
