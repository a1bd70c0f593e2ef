-- Who belongs to an organization: invitations, and the projects that change hands.

-- An organization sees the names of its own members.
create policy members on accounts for select to bastide_api
  using (exists (select 1 from memberships m where m.account_id = accounts.id));

grant update (role), delete on memberships to bastide_api;

-- Whether somebody has a second factor, and nothing more of it.
create function bastide_has_factor(account uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from totp_factors t where t.account_id = account and t.confirmed_at is not null)
    or exists (select 1 from passkeys p where p.account_id = account)
$$;
revoke all on function bastide_has_factor(uuid) from public;
grant execute on function bastide_has_factor(uuid) to bastide_api;

create table invitations (
  id uuid primary key,
  organization_id uuid not null references organizations,
  email text not null check (email = lower(email)),
  role text not null check (role in ('owner', 'admin', 'developer', 'viewer', 'auditor')),
  -- sha-256 of a 256-bit random token, shown once to whoever invites.
  hash bytea not null unique,
  invited_by uuid not null references accounts,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by uuid references accounts,
  revoked_at timestamptz
);
create index invitations_of on invitations (organization_id, created_at desc);

grant select, insert, update (revoked_at) on invitations to bastide_api;
alter table invitations enable row level security;
create policy tenant on invitations to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));

-- An invitation that can be accepted now. It dies with the right of whoever gave it: removed or demoted below the role, it is void.
create function bastide_open_invitation(token bytea, at timestamptz)
  returns table (id uuid, organization_id uuid, organization text, email text, role text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select i.id, i.organization_id, o.name, i.email, i.role
  from invitations i
  join organizations o on o.id = i.organization_id
  join accounts a on a.id = i.invited_by and a.disabled_at is null
  join memberships m on m.account_id = i.invited_by and m.organization_id = i.organization_id
    and (m.role = 'owner' or (m.role = 'admin' and i.role <> 'owner'))
  where i.hash = token and i.used_at is null and i.revoked_at is null and i.expires_at > at
$$;

-- Makes the account a member, once, and only the account with the address that was invited. The organization's name; null
-- where it cannot be.
create function bastide_accept_invitation(token bytea, account uuid, at timestamptz) returns text
  language plpgsql security definer set search_path = public, pg_temp as $$
declare open record;
begin
  perform 1 from invitations i where i.hash = token for update;
  select * into open from bastide_open_invitation(token, at);
  if not found then return null; end if;
  if not exists (select 1 from accounts a where a.id = account and a.email = open.email and a.disabled_at is null) then return null; end if;
  if exists (select 1 from memberships m where m.account_id = account and m.organization_id = open.organization_id) then return null; end if;
  update invitations i set used_at = at, used_by = account where i.id = open.id;
  insert into memberships (account_id, organization_id, role) values (account, open.organization_id, open.role);
  return open.organization;
end $$;

-- An organization that has an owner keeps one, whatever happens at the same time.
create function bastide_keep_an_owner() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  if old.organization_id is null or old.role <> 'owner' then return null; end if;
  if tg_op = 'UPDATE' and new.role = 'owner' and new.organization_id = old.organization_id then return null; end if;
  perform 1 from organizations where id = old.organization_id for update;
  if not exists (select 1 from memberships where organization_id = old.organization_id and role = 'owner') then
    raise exception 'the organization would have no owner' using errcode = 'check_violation', constraint = 'last_owner';
  end if;
  return null;
end $$;
create trigger keep_an_owner after update or delete on memberships for each row execute function bastide_keep_an_owner();

-- A project goes to another organization when both have said so. The receiving one is kept by its name: asking tells
-- nobody whether it exists.
create table project_moves (
  id uuid primary key,
  project_id uuid not null references projects on delete cascade,
  organization_id uuid not null references organizations,
  -- As they were called when it was asked: the receiving one sees neither yet.
  project_name text not null,
  from_organization text not null,
  to_organization text not null,
  requested_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text,
  cancelled_at timestamptz
);
create unique index one_open_move on project_moves (project_id) where accepted_at is null and cancelled_at is null;

grant select on project_moves to bastide_api;
grant insert (id, project_id, organization_id, project_name, from_organization, to_organization, requested_by, expires_at) on project_moves to bastide_api;
grant update (cancelled_at) on project_moves to bastide_api;
grant select on project_moves to bastide_agent;
alter table project_moves enable row level security;
create policy tenant on project_moves to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy receiving on project_moves for select to bastide_api
  using (exists (select 1 from organizations o where o.name = to_organization and bastide_bound(o.id)));
create policy agent on project_moves to bastide_agent using (true) with check (true);

-- Carries a project and every row of it over. What has ended stays with whom it was done for: the audit log, erasures.
-- Says 'moved', or why not: 'gone', 'busy' (work is under way), 'open' (a grant or an erasure is).
create function bastide_move_project(move uuid, receiving uuid, by_whom text) returns text
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  m record;
  t record;
begin
  select * into m from project_moves where id = move and accepted_at is null and cancelled_at is null and expires_at > now() for update;
  if not found then return 'gone'; end if;
  if not exists (select 1 from organizations where id = receiving and name = m.to_organization) then return 'gone'; end if;
  perform 1 from projects where id = m.project_id and organization_id = m.organization_id for update;
  if not found then return 'gone'; end if;
  if exists (select 1 from operations where project_id = m.project_id and status in ('queued', 'running')) then return 'busy'; end if;
  if exists (select 1 from grants where project_id = m.project_id and closed_at is null)
    or exists (select 1 from erasures where project_id = m.project_id and status in ('waiting', 'erasing')) then return 'open'; end if;
  -- These first: others are checked against them.
  update projects set organization_id = receiving where id = m.project_id;
  update apps set organization_id = receiving where project_id = m.project_id;
  update databases set organization_id = receiving where project_id = m.project_id;
  for t in
    select c.table_name, bool_or(c.column_name = 'project_id') as by_project, bool_or(c.column_name = 'app_id') as by_app
    from information_schema.columns c join information_schema.tables b using (table_schema, table_name)
    where c.table_schema = 'public' and b.table_type = 'BASE TABLE'
      and c.column_name in ('project_id', 'app_id', 'database_id')
      and c.table_name not in ('apps', 'databases', 'erasures', 'project_moves')
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

revoke all on function bastide_open_invitation(bytea, timestamptz), bastide_accept_invitation(bytea, uuid, timestamptz),
  bastide_move_project(uuid, uuid, text) from public;
grant execute on function bastide_open_invitation(bytea, timestamptz), bastide_accept_invitation(bytea, uuid, timestamptz),
  bastide_move_project(uuid, uuid, text) to bastide_api;
