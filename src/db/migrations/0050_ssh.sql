-- Entry by SSH: open to a project for a while, with certificates that live for minutes (capabilities/ssh).

create table ssh_entries (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  -- CIDRs that may come in; empty: from anywhere.
  sources text[] not null default '{}',
  until timestamptz not null,
  opened_by text not null,
  reason text,
  created_at timestamptz not null default now(),
  end_requested_at timestamptz,
  end_reason text check (end_reason in ('closed', 'ended', 'failed')),
  -- Written by the agent as each becomes true.
  opened_at timestamptz,
  closed_at timestamptz,
  check (until <= created_at + interval '8 days')
);
create index ssh_entries_live on ssh_entries (until) where closed_at is null;
create index ssh_entries_of on ssh_entries (project_id, created_at desc);

create table ssh_certificates (
  id uuid primary key,
  serial bigint generated always as identity unique,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  app_id uuid not null references apps on delete cascade,
  account_id uuid not null references accounts,
  account text not null,
  role text not null,
  public_key text not null,
  seconds integer not null check (seconds between 60 and 900),
  until timestamptz not null,
  source_address text,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  revoked_by text,
  -- The agent's: the line, SHA-256 of its blob, and when the gateway had taken a revocation over.
  certificate text,
  hash bytea unique,
  known_hosts text,
  withdrawn_at timestamptz
);
create index ssh_certificates_of on ssh_certificates (project_id, created_at desc);

-- Keys that stay, for `git push` from CI: of a project, and of nobody.
create table ssh_keys (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  name text not null,
  public_key text not null,
  hash bytea not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  last_used_at timestamptz,
  unique (project_id, hash)
);

create table ssh_sessions (
  id uuid primary key,
  -- sha-256 of a 256-bit random token that the gateway alone is given.
  hash bytea not null unique,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  app_id uuid not null references apps on delete cascade,
  entry_id uuid not null references ssh_entries on delete cascade,
  certificate_id uuid references ssh_certificates on delete cascade,
  key_id uuid references ssh_keys on delete cascade,
  actor text not null,
  command text not null,
  source_address text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  check ((certificate_id is null) <> (key_id is null))
);
create index ssh_sessions_of on ssh_sessions (project_id, created_at desc);

-- What the running gateway proves itself by.
create table ssh_gateways (hash bytea primary key, created_at timestamptz not null default now());

create table ssh_authorities (
  id uuid primary key,
  operation_id uuid not null unique,
  created_at timestamptz not null default now()
);

grant select on ssh_entries to bastide_api;
grant insert (id, organization_id, project_id, sources, until, opened_by, reason) on ssh_entries to bastide_api;
grant update (end_requested_at, end_reason) on ssh_entries to bastide_api;
grant select on ssh_certificates to bastide_api;
grant insert (id, organization_id, project_id, app_id, account_id, account, role, public_key, seconds, until, source_address)
  on ssh_certificates to bastide_api;
grant update (revoked_at, revoked_by) on ssh_certificates to bastide_api;
grant select, insert, update (revoked_at) on ssh_keys to bastide_api;
grant select, update (ended_at) on ssh_sessions to bastide_api;
grant select, update on ssh_entries, ssh_certificates, ssh_keys to bastide_agent;
grant select, delete on ssh_sessions to bastide_agent;
grant select, insert, delete on ssh_gateways to bastide_agent;
grant select, insert on ssh_authorities to bastide_agent;

alter table ssh_entries enable row level security;
create policy tenant on ssh_entries to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy agent on ssh_entries to bastide_agent using (true) with check (true);
alter table ssh_certificates enable row level security;
create policy tenant on ssh_certificates to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy agent on ssh_certificates to bastide_agent using (true) with check (true);
alter table ssh_keys enable row level security;
create policy tenant on ssh_keys to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy agent on ssh_keys to bastide_agent using (true) with check (true);
alter table ssh_sessions enable row level security;
create policy tenant on ssh_sessions to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy agent on ssh_sessions to bastide_agent using (true) with check (true);
alter table ssh_gateways enable row level security;
create policy agent on ssh_gateways to bastide_agent using (true) with check (true);
alter table ssh_authorities enable row level security;
create policy agent on ssh_authorities to bastide_agent using (true) with check (true);

-- What still gives a session its right, now: its entry is open, its credential is good, its account is not disabled.
create function bastide_ssh_session(token bytea, at timestamptz)
  returns table (id uuid, organization_id uuid, project_id uuid, account_id uuid, actor text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, s.organization_id, s.project_id, c.account_id, s.actor
  from ssh_sessions s
  join projects p on p.id = s.project_id and p.organization_id = s.organization_id
  join ssh_entries e on e.id = s.entry_id and e.end_requested_at is null and e.closed_at is null and e.until > at
  left join ssh_certificates c on c.id = s.certificate_id
  left join accounts a on a.id = c.account_id
  left join ssh_keys k on k.id = s.key_id
  where s.hash = token and s.ended_at is null and s.expires_at > at
    and ((c.id is not null and c.revoked_at is null and a.disabled_at is null)
      or (k.id is not null and k.revoked_at is null and k.expires_at > at))
$$;

-- The gateway says which credential sshd accepted for which app. A session, if all of it is good now; nothing otherwise.
create function bastide_ssh_begin(gateway bytea, credential bytea, login text, token bytea, session uuid, what text,
    address text, at timestamptz)
  returns table (organization_id uuid, actor text, pushes_only boolean, until timestamptz)
  language plpgsql security definer set search_path = public, pg_temp as $$
declare f record;
begin
  if not exists (select 1 from ssh_gateways g where g.hash = gateway) then return; end if;
  select p.organization_id, p.id as project_id, x.id as app_id, e.id as entry_id, c.id as certificate_id, k.id as key_id,
    coalesce(a.name, 'key:' || k.name) as actor, least(e.until, at + interval '8 hours') as ends into f
  from apps x
  join projects p on p.id = x.project_id
  join ssh_entries e on e.project_id = p.id and e.end_requested_at is null and e.closed_at is null and e.until > at
  left join ssh_certificates c on c.hash = credential and c.project_id = p.id and c.organization_id = p.organization_id
    and c.revoked_at is null and c.until > at
  left join accounts a on a.id = c.account_id and a.disabled_at is null
  left join ssh_keys k on k.hash = credential and k.project_id = p.id and k.organization_id = p.organization_id
    and k.revoked_at is null and k.expires_at > at
  where x.name = login and x.deleted_at is null and p.suspended_at is null and (a.id is not null or k.id is not null)
  order by e.until desc limit 1;
  if not found then return; end if;
  if f.key_id is not null then update ssh_keys k set last_used_at = at where k.id = f.key_id; end if;
  insert into ssh_sessions (id, hash, organization_id, project_id, app_id, entry_id, certificate_id, key_id, actor, command,
      source_address, created_at, expires_at)
    values (session, token, f.organization_id, f.project_id, f.app_id, f.entry_id, f.certificate_id, f.key_id, f.actor, what,
      address, at, f.ends);
  return query select f.organization_id, f.actor, f.key_id is not null, f.ends;
end $$;

revoke all on function bastide_ssh_session(bytea, timestamptz),
  bastide_ssh_begin(bytea, bytea, text, bytea, uuid, text, text, timestamptz) from public;
grant execute on function bastide_ssh_session(bytea, timestamptz),
  bastide_ssh_begin(bytea, bytea, text, bytea, uuid, text, text, timestamptz) to bastide_api;

-- A project that goes to another organization leaves the old one's entries and keys behind.
create function bastide_leave_ssh() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  update ssh_keys set revoked_at = coalesce(revoked_at, now()) where project_id = new.id;
  update ssh_certificates set revoked_at = coalesce(revoked_at, now()) where project_id = new.id;
  update ssh_entries set end_requested_at = coalesce(end_requested_at, now()), end_reason = coalesce(end_reason, 'closed')
    where project_id = new.id and closed_at is null;
  return null;
end $$;
create trigger leave_ssh after update of organization_id on projects
  for each row when (old.organization_id is distinct from new.organization_id) execute function bastide_leave_ssh();
