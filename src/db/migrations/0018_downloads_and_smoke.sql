-- A backup as one file for whoever gave an age recipient: nobody else opens it, the platform neither.
create table backup_downloads (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  backup_id uuid not null references backups on delete cascade,
  status text not null default 'pending' check (status in ('pending', 'ready', 'failed', 'gone')),
  requested_by text not null,
  -- Public: what the file is encrypted to.
  recipient text not null check (recipient ~ '^age1[a-z0-9]+$' and length(recipient) <= 4000),
  bytes bigint,
  sha256 text,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  -- The file is removed then.
  expires_at timestamptz
);
create index backup_downloads_of_project on backup_downloads (project_id, created_at desc);

grant select on backup_downloads to bastide_api;
grant insert (id, organization_id, project_id, backup_id, requested_by, recipient) on backup_downloads to bastide_api;
grant select, insert, update, delete on backup_downloads to bastide_agent;
alter table backup_downloads enable row level security;
create policy tenant on backup_downloads to bastide_api using (bastide_bound(organization_id))
  with check (bastide_bound(organization_id));
create policy agent on backup_downloads to bastide_agent using (true) with check (true);

-- What an app's source says that a restored copy of a database must answer: database -> query (bastide.yaml).
alter table releases add column smoke jsonb not null default '{}';
-- What came of it when this backup was last restored; null: there was no query, or it could not be asked.
alter table backups add column smoke text check (smoke in ('holds', 'fails'));
