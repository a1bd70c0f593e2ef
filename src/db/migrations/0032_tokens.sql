-- Tokens that may less than their account, and tokens of a project's own for CI.

-- null: all that the account may.
alter table api_tokens add column actions text[];
alter table api_tokens add column projects uuid[];
grant update (expires_at) on api_tokens to bastide_api;

-- A deploy token is nobody's: it is of one project, may deploy there, and stays when a person leaves.
create table deploy_tokens (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  name text not null,
  hash bytea not null unique,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index deploy_tokens_of on deploy_tokens (project_id, created_at desc);

grant select, insert, update (last_used_at, revoked_at, expires_at) on deploy_tokens to bastide_api;
alter table deploy_tokens enable row level security;
create policy tenant on deploy_tokens to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy sign_in on deploy_tokens for select to bastide_api using (current_setting('bastide.plane', true) = 'sign-in');
create policy sign_in_used on deploy_tokens for update to bastide_api using (current_setting('bastide.plane', true) = 'sign-in');

-- A project that goes to another organization leaves the credentials of the old one behind.
create function bastide_leave_deploy_tokens() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  update deploy_tokens set revoked_at = coalesce(revoked_at, now()) where project_id = new.id;
  return null;
end $$;
create trigger leave_deploy_tokens after update of organization_id on projects
  for each row when (old.organization_id is distinct from new.organization_id) execute function bastide_leave_deploy_tokens();

-- Projects by name, in the organizations of an account: what it may limit a token to.
create function bastide_own_projects(account uuid, names text[]) returns table (id uuid, name text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select p.id, p.name from projects p join memberships m on m.organization_id = p.organization_id
  where m.account_id = account and p.name = any (names)
$$;
revoke all on function bastide_own_projects(uuid, text[]) from public;
grant execute on function bastide_own_projects(uuid, text[]) to bastide_api;
