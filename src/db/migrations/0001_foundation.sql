-- The foundation: who owns what, what is wanted, what was asked for, what happened.
-- Two roles meet here and hold different grants (0002_grants.sql): bastide_api may insert operations and wanted
-- state; bastide_agent records outcomes and facts; nobody updates or deletes the audit log.

create table organizations (
  id uuid primary key,
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{1,38}[a-z0-9]$'),
  created_at timestamptz not null default now()
);

create table projects (
  id uuid primary key,
  organization_id uuid not null references organizations,
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{1,38}[a-z0-9]$'),
  -- age recipient (public), set by the agent when it has made the key: the API seals with it; only the agent can open.
  key_recipient text,
  request_limit integer not null default 2000 check (request_limit between 1 and 1000000),
  created_at timestamptz not null default now()
);

-- The project's private key, wrapped by the platform's root key. The API has no grant on this table.
create table project_keys (
  project_id uuid primary key references projects on delete cascade,
  wrapped bytea not null,
  root_key_id text not null,
  created_at timestamptz not null default now()
);

-- The smallest slot that no app has. Runs as the owner: the API sees its own tenant's apps only.
create function bastide_free_slot() returns integer language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
declare free integer;
begin
  perform pg_advisory_xact_lock(4242);
  select coalesce(min(candidate), 1) into free from (
    select 1 as candidate union all select slot + 1 from apps where slot is not null) c
    where not exists (select 1 from apps a where a.slot = c.candidate);
  return free;
end $$;

create table apps (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects,
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{0,38}[a-z0-9]$'),
  -- The app's backend at the edge; null once it is deleted.
  slot integer unique default bastide_free_slot() check (slot between 1 and 100000),
  -- Wanted replicas by process type, for example {"web": 2}.
  formation jsonb not null default '{"web": 1}',
  maintenance boolean not null default false,
  health_path text not null default '/up',
  body_limit bigint not null default 10485760,
  created_at timestamptz not null default now(),
  deleted_at timestamptz
);

create table config_vars (
  app_id uuid not null references apps on delete cascade,
  organization_id uuid not null references organizations,
  name text not null check (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'),
  -- age ciphertext (base64) of {app, name, value}, sealed to the project's recipient.
  sealed text not null,
  secret boolean not null,
  updated_at timestamptz not null default now(),
  primary key (app_id, name)
);

create table domains (
  id uuid primary key,
  organization_id uuid not null references organizations,
  app_id uuid not null references apps on delete cascade,
  host text not null unique check (host = lower(host) and length(host) <= 253),
  -- `platform`: name under the platform's own domain. `custom`: the customer's.
  kind text not null check (kind in ('platform', 'custom')),
  created_at timestamptz not null default now()
);

-- Facts about certificates; the keys stay on the edge nodes.
create table certificates (
  host text primary key,
  issuer text not null check (issuer in ('internal', 'acme')),
  not_before timestamptz not null,
  not_after timestamptz not null,
  fingerprint text not null,
  last_error text,
  tried_at timestamptz not null default now()
);

create table builds (
  id uuid primary key,
  organization_id uuid not null references organizations,
  app_id uuid not null references apps on delete cascade,
  operation_id uuid not null,
  -- {kind: upload|git|image, ...} as the API accepted it.
  source jsonb not null,
  status text not null default 'pending' check (status in ('pending', 'running', 'succeeded', 'failed')),
  stack text,
  repository text,
  digest text,
  -- Sigstore bundle with the provenance.
  attestation jsonb,
  -- What the image says of itself: Procfile, app.json, config.
  manifest jsonb,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);

create table releases (
  id uuid primary key,
  organization_id uuid not null references organizations,
  app_id uuid not null references apps on delete cascade,
  version integer not null,
  build_id uuid not null references builds,
  repository text not null,
  digest text not null,
  -- {web: {command: [...]}, ...}
  processes jsonb not null,
  -- `release:` command, run once before anything of this release starts.
  phase jsonb,
  -- {NAME: {sealed, secret}}: the config vars of this release, as they were.
  config jsonb not null,
  cron jsonb not null default '[]',
  health_path text not null,
  description text not null,
  status text not null default 'pending' check (status in ('pending', 'live', 'superseded', 'failed')),
  -- What the edge does with this release's web tasks.
  traffic text not null default 'none' check (traffic in ('none', 'candidate', 'live', 'draining')),
  failure jsonb,
  created_by text not null,
  created_at timestamptz not null default now(),
  -- When its `release:` phase ended well, or at once where there is none.
  phase_done_at timestamptz,
  live_at timestamptz,
  -- The operation that made it.
  operation_id uuid not null,
  unique (app_id, version)
);
create unique index one_live_release on releases (app_id) where traffic = 'live';

create table operations (
  id uuid primary key,
  organization_id uuid references organizations,
  project_id uuid,
  app_id uuid,
  -- capability.verb, for example apps.deploy
  kind text not null,
  -- Operations with the same target never run at the same time.
  target text not null,
  input jsonb not null default '{}',
  status text not null default 'queued' check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  requested_by text not null,
  reason text,
  request_id text,
  attempts integer not null default 0,
  -- The node whose agent runs it.
  agent text,
  heartbeat_at timestamptz,
  cancel_requested_at timestamptz,
  requested_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  failure jsonb,
  result jsonb
);
create index operations_open on operations (requested_at) where status in ('queued', 'running');
create index operations_of_app on operations (app_id, requested_at desc);
create unique index one_running_per_target on operations (target) where status = 'running';

create table operation_steps (
  operation_id uuid not null references operations on delete cascade,
  seq integer not null,
  capability text not null,
  kind text not null,
  key text not null,
  summary text not null,
  status text not null check (status in ('started', 'done', 'failed')),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  failure jsonb,
  primary key (operation_id, seq)
);

create table operation_log (
  seq bigint generated always as identity primary key,
  operation_id uuid not null references operations on delete cascade,
  at timestamptz not null default now(),
  source text not null,
  line text not null
);
create index operation_log_of on operation_log (operation_id, seq);

-- What goes back and forth between a person's terminal and the agent while a stream is open (logs -t, run).
-- `input` is written by the API, `output` by the agent; rows go when the stream ends.
create table stream_chunks (
  seq bigint generated always as identity primary key,
  operation_id uuid not null references operations on delete cascade,
  direction text not null check (direction in ('input', 'output')),
  at timestamptz not null default now(),
  source text not null,
  data text not null
);
create index stream_chunks_of on stream_chunks (operation_id, direction, seq);

create table audit_log (
  seq bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  target text not null,
  organization_id uuid,
  outcome text not null check (outcome in ('allowed', 'denied', 'started', 'done', 'failed')),
  reason text,
  source_address text,
  request_id text,
  operation_id uuid,
  detail jsonb not null default '{}'
);
create index audit_log_of on audit_log (organization_id, seq desc);

create table accounts (
  id uuid primary key,
  name text not null unique,
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);

create table memberships (
  account_id uuid not null references accounts on delete cascade,
  -- null: the operator plane, which tenants cannot name.
  organization_id uuid references organizations,
  role text not null check (role in ('owner', 'admin', 'developer', 'viewer', 'auditor', 'operator')),
  unique nulls not distinct (account_id, organization_id)
);

create table api_tokens (
  id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  name text not null,
  -- sha-256 of a 256-bit random token: nothing to guess, so no slow hash is needed.
  hash bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- One-time tokens: the one that `npm start` prints.
create table bootstrap_tokens (
  hash bytea primary key,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- What runs, as the agent last saw it.
create table replicas (
  task_id text primary key,
  organization_id uuid not null references organizations,
  app_id uuid not null references apps on delete cascade,
  process text not null,
  version integer not null,
  state text not null,
  error text,
  since timestamptz not null,
  seen_at timestamptz not null default now()
);
create index replicas_of_app on replicas (app_id);

create table stack_versions (
  name text not null,
  version text not null,
  manifest_digest text not null,
  diff_ids jsonb not null,
  packages integer not null,
  built_at timestamptz not null,
  primary key (name, version)
);

create table nodes (
  id text primary key,
  name text not null,
  address text not null,
  facts jsonb not null default '{}',
  seen_at timestamptz not null default now()
);

create table cron_runs (
  app_id uuid not null references apps on delete cascade,
  job text not null,
  due_at timestamptz not null,
  operation_id uuid not null,
  primary key (app_id, job, due_at)
);
