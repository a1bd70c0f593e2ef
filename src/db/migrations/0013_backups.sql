-- Backups: where they are kept, what there is, whether it was proven; and alerts, which anything may raise.
-- What is in a vault is the vault's own; these rows are the platform's list of it, so that what vanishes is noticed.

create table vaults (
  id uuid primary key,
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{0,38}[a-z0-9]$'),
  -- https://host:port, without a path.
  url text not null,
  -- `here`: a container on this node, second best. `elsewhere`: another machine.
  place text not null check (place in ('here', 'elsewhere')),
  -- PEM of what its certificate must chain to; null: the system's own.
  ca text,
  username text not null,
  -- The platform's password there, encrypted under the root key (base64). Nobody but the agent opens it.
  wrapped_password text,
  status text not null default 'unknown' check (status in ('unknown', 'ready', 'unreachable', 'full', 'refusing')),
  status_message text,
  seen_at timestamptz,
  -- What the vault said of itself when it was last asked: {freeBytes, usedBytes, version, …}.
  facts jsonb not null default '{}',
  -- Up to which entry its journal of refused attempts was read.
  journal_seq bigint not null default 0,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

-- A repository is one generation of one project's backups in one vault, with a key of its own.
create table repositories (
  id uuid primary key,
  organization_id uuid references organizations,
  -- null: the platform's own.
  project_id uuid references projects on delete cascade,
  vault_id uuid not null references vaults,
  generation integer not null check (generation > 0),
  -- `<projectId>-<generation>`, or `platform-<generation>`.
  name text not null,
  -- restic's password, sealed to the project's recipient, bound to (this id, `repository-key`); null for the
  -- platform's own, whose key is derived from the root key `root_key_id`, so that the recovery kit opens it.
  sealed_key text,
  root_key_id text,
  created_at timestamptz not null default now(),
  -- restic init was answered.
  ready_at timestamptz,
  first_snapshot_at timestamptz,
  -- The first snapshot of its successor: from then on the vault counts its retention.
  succeeded_at timestamptz,
  removed_at timestamptz,
  structure_checked_at timestamptz,
  -- The rotating part of the data that is read next, of 7.
  data_part integer not null default 1 check (data_part between 1 and 7),
  data_checked_at timestamptz,
  bytes bigint,
  unique nulls not distinct (project_id, vault_id, generation)
);

create table backups (
  id uuid primary key,
  organization_id uuid references organizations,
  project_id uuid references projects on delete cascade,
  repository_id uuid not null references repositories on delete cascade,
  operation_id uuid,
  -- dump: of a database, logical. base: a physical copy, from which WAL goes on. volume: files.
  -- wal: a finished block of it. project: its apps, releases and config.
  -- platform: the control plane's database. registry: the images.
  kind text not null check (kind in ('dump', 'base', 'wal', 'volume', 'project', 'platform', 'registry')),
  -- Id of the database or volume; the project's for `project`; null for `platform`. It may be gone: backups outlive.
  source_id uuid,
  source_name text not null,
  -- postgres, mariadb, redis; null for what is no database.
  engine text,
  reason text not null check (reason in ('schedule', 'request', 'safety')),
  snapshot_id text not null check (snapshot_id ~ '^[0-9a-f]{64}$'),
  -- Bytes of the source as they went in, and what the repository grew by.
  bytes bigint not null,
  added_bytes bigint,
  -- What it must be equal to once restored: {engine, schema, tables: [{name, rows, checksum}]} or {tree, files, bytes}.
  manifest jsonb not null default '{}',
  -- base: {segment, incarnation}, the first WAL it needs. wal: {segment, last, incarnation}, what is in it.
  wal jsonb,
  started_at timestamptz not null,
  -- The moment whose state it holds.
  taken_at timestamptz not null,
  -- The platform's signature over what this row says of the snapshot.
  signature text not null,
  -- Last seen in its repository, sound in structure.
  checked_at timestamptz,
  restored_at timestamptz,
  verdict text not null default 'unproven' check (verdict in ('unproven', 'sound', 'broken', 'missing')),
  verdict_message text,
  unique (repository_id, snapshot_id)
);
create index backups_of_project on backups (project_id, taken_at desc);
create index backups_of_source on backups (source_id, taken_at desc);

create table verifications (
  id uuid primary key,
  organization_id uuid references organizations,
  project_id uuid references projects on delete cascade,
  repository_id uuid not null references repositories on delete cascade,
  backup_id uuid references backups on delete cascade,
  operation_id uuid,
  kind text not null check (kind in ('structure', 'data', 'restore')),
  started_at timestamptz not null,
  finished_at timestamptz not null,
  verdict text not null check (verdict in ('sound', 'broken', 'inconclusive')),
  message text,
  -- {part, of} for data; {tables, rows, differences, smoke, seconds} for restore.
  detail jsonb not null default '{}'
);
create index verifications_of_project on verifications (project_id, finished_at desc);

-- How far a database's write-ahead log is safe, per repository.
create table wal_positions (
  database_id uuid not null,
  repository_id uuid not null references repositories on delete cascade,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  -- Of the database's data directory: another one is another history with the same names.
  incarnation integer not null,
  -- Name of the newest segment in the repository, and the snapshot of the block that is not finished yet.
  segment text,
  snapshot_id text,
  -- Everything committed before is safe.
  covers_until timestamptz,
  shipped_at timestamptz,
  failures integer not null default 0,
  failure jsonb,
  primary key (database_id, repository_id)
);

-- When a source is backed up by itself; without a row: daily, at a minute of its own.
create table backup_policies (
  source_id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  -- Hours between two backups: 1 to 168; null: not by itself.
  every_hours integer check (every_hours between 1 and 168),
  -- Minute of the day (UTC) at which a daily one starts.
  at_minute integer check (at_minute between 0 and 1439),
  -- A query whose answer (text) a restored copy must give again.
  smoke_query text check (length(smoke_query) <= 4000),
  updated_at timestamptz not null default now()
);

-- Something that a person has to know of. One row per (code, subject) that is open; it counts how often it was seen.
create table alerts (
  id uuid primary key,
  organization_id uuid references organizations,
  project_id uuid,
  severity text not null check (severity in ('warning', 'critical')),
  -- Stable, like a refusal's: backup_overdue.
  code text not null,
  -- What it is about: `database:<id>`, `vault:<name>`.
  subject text not null,
  message text not null,
  next text not null,
  detail jsonb not null default '{}',
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  times integer not null default 1,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz
);
create unique index one_open_alert on alerts (code, subject) where resolved_at is null;
create index alerts_of on alerts (organization_id, last_at desc);

grant select (id, name, url, place, username, status, status_message, seen_at, facts, created_at, retired_at) on vaults to bastide_api;
grant select (id, organization_id, project_id, vault_id, generation, name, created_at, ready_at, first_snapshot_at, succeeded_at,
  removed_at, structure_checked_at, data_checked_at, bytes) on repositories to bastide_api;
grant select on backups, verifications, wal_positions, alerts to bastide_api;
grant select, insert, update, delete on backup_policies to bastide_api;
grant update (acknowledged_at, acknowledged_by) on alerts to bastide_api;
grant select, insert, update on vaults, repositories, backups, verifications, wal_positions, alerts to bastide_agent;
grant delete on wal_positions, backup_policies, alerts to bastide_agent;
grant select, insert, update on backup_policies to bastide_agent;

do $$
declare t text;
begin
  foreach t in array array['repositories', 'backups', 'verifications', 'wal_positions', 'backup_policies', 'alerts']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id))', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;
end $$;
