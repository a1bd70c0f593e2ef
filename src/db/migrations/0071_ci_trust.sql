-- A CI job shows the token that its own platform signed for it and gets a deploy token for minutes: no secret is kept there.

create table ci_issuers (
  issuer text primary key check (issuer ~ '^https://' and length(issuer) <= 300),
  -- Public keys (RFC 7517); nothing until the agent has them.
  keys jsonb,
  fetched_at timestamptz,
  tried_at timestamptz,
  -- The operation that asked last.
  tried_by uuid,
  -- A token came with a key that is not among them.
  wanted_at timestamptz,
  failure text
);

create table ci_trust (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  name text not null,
  issuer text not null references ci_issuers,
  -- What its claims have to be: exact, or with `*` inside of a part. `sub` always.
  claims jsonb not null check (claims ? 'sub'),
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index ci_trust_of on ci_trust (project_id, created_at desc);

-- Tokens that were exchanged, until they would have expired anyway.
create table ci_seen (
  hash bytea primary key,
  expires_at timestamptz not null
);

-- Made by an exchange: it ends with the rule.
alter table deploy_tokens add column trust_id uuid references ci_trust on delete cascade;
grant delete on deploy_tokens to bastide_api;

grant select, insert (issuer), update (wanted_at) on ci_issuers to bastide_api;
grant select, update (keys, fetched_at, tried_at, tried_by, failure) on ci_issuers to bastide_agent;
grant select on ci_trust to bastide_agent;
grant select, insert, update (last_used_at, revoked_at) on ci_trust to bastide_api;
grant select, insert, delete on ci_seen to bastide_api;

alter table ci_issuers enable row level security;
create policy ungranted on ci_issuers to bastide_api using (bastide_grant() is null) with check (bastide_grant() is null);
create policy agent on ci_issuers to bastide_agent using (true) with check (true);
alter table ci_trust enable row level security;
create policy tenant on ci_trust to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy agent on ci_trust to bastide_agent using (true) with check (true);
alter table ci_seen enable row level security;
create policy plane on ci_seen to bastide_api using (current_setting('bastide.plane', true) = 'operator')
  with check (current_setting('bastide.plane', true) = 'operator');

-- A project that goes to another organization leaves the trust of the old one behind, as it does its deploy tokens.
create function bastide_leave_ci_trust() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  update ci_trust set revoked_at = coalesce(revoked_at, now()) where project_id = new.id;
  return null;
end $$;
create trigger leave_ci_trust after update of organization_id on projects
  for each row when (old.organization_id is distinct from new.organization_id) execute function bastide_leave_ci_trust();
