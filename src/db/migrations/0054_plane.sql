-- The platform's own plane: operators run it, security officers review what staff did, platform auditors look. One role there
-- for each account, so that nobody reviews himself. What a tenant names is of an organization and never of the plane.

alter table memberships drop constraint memberships_role_check;
alter table memberships add constraint memberships_role_check check (role in
  ('owner', 'admin', 'developer', 'viewer', 'auditor', 'operator', 'security-officer', 'platform-auditor', 'prober'));
alter table memberships add constraint memberships_plane_check
  check ((organization_id is null) = (role in ('operator', 'security-officer', 'platform-auditor', 'prober')));
-- Since when somebody is what he is: a new operator confirms nothing on the first day.
alter table memberships add column since timestamptz not null default now();
update memberships m set since = a.created_at from accounts a where a.id = m.account_id;

-- The plane has an operator, whatever happens at the same time.
create function bastide_keep_an_operator() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  if old.organization_id is not null or old.role <> 'operator' then return null; end if;
  if tg_op = 'UPDATE' and new.role = 'operator' then return null; end if;
  perform pg_advisory_xact_lock(hashtext('bastide.plane'));
  if not exists (select 1 from memberships m join accounts a on a.id = m.account_id
    where m.organization_id is null and m.role = 'operator' and a.disabled_at is null) then
    raise exception 'the platform would have no operator' using errcode = 'check_violation', constraint = 'last_operator';
  end if;
  return null;
end $$;
create trigger keep_an_operator after update or delete on memberships for each row execute function bastide_keep_an_operator();
