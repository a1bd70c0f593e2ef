-- Grants: one database opened to one address for a while, with a credential of its own (capabilities/gateways).

create table grants (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  database_id uuid not null references databases on delete cascade,
  gateway text not null check (gateway in ('postgres', 'mysql')),
  -- Login name at the gateway and in the database; its own for every grant there ever was.
  role text not null unique check (role ~ '^g_[a-z0-9]{16}$'),
  -- What the database keeps of the password: a SCRAM verifier, or MySQL's double hash. The password is kept nowhere.
  verifier text not null,
  source inet not null,
  until timestamptz not null,
  opened_by text not null,
  reason text,
  created_at timestamptz not null default now(),
  -- Written by the agent, in this order, as each becomes true.
  role_made_at timestamptz,
  opened_at timestamptz,
  end_requested_at timestamptz,
  end_reason text check (end_reason in ('closed', 'ended', 'failed', 'database_gone')),
  unrouted_at timestamptz,
  closed_at timestamptz,
  check (until <= created_at + interval '25 hours')
);
create index grants_of_project on grants (project_id, created_at desc);
create index grants_not_closed on grants (until) where closed_at is null;

-- How far a gateway's log has been taken over into the audit log.
create table gateway_cursors (
  gateway text primary key check (gateway in ('postgres', 'mysql')),
  read_until text not null
);

alter table grants enable row level security;
create policy tenant on grants to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy agent on grants to bastide_agent using (true) with check (true);

-- The API asks for a grant and for its end; that it is open, and when it was closed, is the agent's to say.
-- It cannot read a verifier back.
grant insert (id, organization_id, project_id, database_id, gateway, role, verifier, source, until, opened_by, reason)
  on grants to bastide_api;
grant select (id, organization_id, project_id, database_id, gateway, role, source, until, opened_by, reason, created_at,
  role_made_at, opened_at, end_requested_at, end_reason, unrouted_at, closed_at) on grants to bastide_api;
grant update (end_requested_at, end_reason) on grants to bastide_api;
grant select, update on grants to bastide_agent;
grant select, insert, update on gateway_cursors to bastide_agent;
