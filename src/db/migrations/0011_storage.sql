-- Encrypted storage: one image per project, and the volumes in it.

alter table projects add column suspended_at timestamptz;

create table project_storage (
  project_id uuid primary key references projects on delete cascade,
  organization_id uuid not null references organizations,
  -- The wanted size; the image's size is the project's hard limit.
  size_bytes bigint not null default 10737418240 check (size_bytes between 1073741824 and 17592186044416),
  -- age ciphertext (base64) of the 64-byte key, sealed to the project's recipient with {project, storage}.
  sealed_key text,
  -- What the kernel calls the key: derived from it, tells nothing of it.
  key_id text,
  -- What the agent saw last.
  state text not null default 'none' check (state in ('none', 'ready', 'locked')),
  used_bytes bigint,
  seen_at timestamptz,
  created_at timestamptz not null default now()
);

create table volumes (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  name text not null check (name ~ '^[a-z][a-z0-9-]{0,38}[a-z0-9]$'),
  state text not null default 'pending' check (state in ('pending', 'ready')),
  created_at timestamptz not null default now(),
  deleted_at timestamptz
);
create unique index volumes_name on volumes (project_id, name) where deleted_at is null;

create table volume_mounts (
  volume_id uuid not null references volumes on delete cascade,
  app_id uuid not null references apps on delete cascade,
  organization_id uuid not null references organizations,
  path text not null check (path ~ '^(/[A-Za-z0-9][A-Za-z0-9._-]*)+$'),
  primary key (app_id, path)
);

grant update (suspended_at) on projects to bastide_api;

-- The API asks for sizes and volumes; it never sees a storage key, sealed or not.
grant select (project_id, organization_id, size_bytes, state, used_bytes, seen_at, created_at),
  insert (project_id, organization_id, size_bytes), update (size_bytes) on project_storage to bastide_api;
grant select on volumes, volume_mounts to bastide_api;
grant insert (id, organization_id, project_id, name), update (deleted_at) on volumes to bastide_api;
grant insert, delete on volume_mounts to bastide_api;
grant select, insert, update, delete on project_storage, volumes, volume_mounts to bastide_agent;

do $$
declare t text;
begin
  foreach t in array array['project_storage', 'volumes', 'volume_mounts']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id))', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;
end $$;
