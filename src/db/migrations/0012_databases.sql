-- Databases of projects: PostgreSQL, MariaDB, Redis. One server each, with one database and its users.

create table databases (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects,
  name text not null check (name ~ '^[a-z][a-z0-9-]{0,28}[a-z0-9]$'),
  engine text not null check (engine in ('postgres', 'mariadb', 'redis')),
  version text not null check (version ~ '^[0-9]+([.][0-9]+)?$'),
  plan text not null,
  status text not null default 'creating' check (status in ('creating', 'ready', 'suspended', 'destroying', 'destroyed')),
  -- The user that new connections use; 0: none yet.
  credential integer not null default 0 check (credential >= 0),
  -- Which of its data directories is in use (data, data-2 …): an upgrade makes the next one.
  incarnation integer not null default 1 check (incarnation > 0),
  -- {incarnation, version}: the way back from the last upgrade, until it is forgotten.
  previous jsonb,
  -- The node that holds its files, by the engine's id; set at the first start.
  node text,
  extensions jsonb not null default '[]',
  -- Facts of the last look: {sizeBytes, connections, …}.
  facts jsonb not null default '{}',
  seen_at timestamptz,
  forked_from uuid references databases,
  created_at timestamptz not null default now(),
  destroyed_at timestamptz
);
-- The name is the host's as well, and free again once the database is destroyed.
create unique index databases_name on databases (name) where status <> 'destroyed';
create index databases_of_project on databases (project_id);

-- The users of a database. Two of them overlap while credentials rotate.
create table database_credentials (
  database_id uuid not null references databases on delete cascade,
  organization_id uuid not null references organizations,
  generation integer not null check (generation > 0),
  username text not null,
  -- The password, sealed to the project: {owner: database id, name: credential-<generation>}.
  sealed text not null,
  status text not null default 'active' check (status in ('active', 'retiring', 'dropped')),
  created_at timestamptz not null default now(),
  primary key (database_id, generation)
);

-- Which app knows which database, by which config vars.
create table database_attachments (
  id uuid primary key,
  organization_id uuid not null references organizations,
  database_id uuid not null references databases on delete cascade,
  app_id uuid not null references apps on delete cascade,
  -- DATABASE_URL and the like belong to it, besides its own name's.
  main boolean not null,
  -- The generation that the app's config vars have, and the operation that released it; 0: none yet.
  credential integer not null default 0,
  release_operation uuid,
  -- Names of the config vars that belong to it: they follow the database, also when an older release comes back.
  variables jsonb not null default '[]',
  detaching boolean not null default false,
  created_at timestamptz not null default now(),
  unique (database_id, app_id)
);
create index database_attachments_of_app on database_attachments (app_id);

grant select, insert on databases, database_attachments to bastide_api;
grant update (status) on databases to bastide_api;
grant update (detaching) on database_attachments to bastide_api;
-- The API never needs a password: it can seal and not open, and here it does not even read.
grant select (database_id, organization_id, generation, username, status, created_at) on database_credentials to bastide_api;

grant select, insert, update on databases to bastide_agent;
grant select, insert, update, delete on database_credentials, database_attachments to bastide_agent;
-- The agent writes the config vars that belong to an attachment.
grant insert, update on config_vars to bastide_agent;

do $$
declare t text;
begin
  foreach t in array array['databases', 'database_credentials', 'database_attachments']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id))', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;
end $$;

-- An app and a database meet in one project only, whoever writes the row.
create function database_attachment_in_one_project() returns trigger language plpgsql as $$
begin
  if not exists (
    select from databases d join apps a on a.project_id = d.project_id and a.organization_id = d.organization_id
    where d.id = new.database_id and a.id = new.app_id and d.organization_id = new.organization_id
  ) then
    raise exception 'the app and the database belong to different projects' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger in_one_project before insert or update of database_id, app_id, organization_id on database_attachments
  for each row execute function database_attachment_in_one_project();
