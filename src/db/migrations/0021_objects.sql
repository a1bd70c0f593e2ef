-- Object stores: buckets at a provider outside, bound to a project in place of a volume.

create table object_stores (
  id uuid primary key,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  name text not null check (name ~ '^[a-z][a-z0-9-]{0,38}[a-z0-9]$'),
  endpoint text not null check (endpoint ~ '^https://'),
  region text not null,
  bucket text not null,
  -- The credential in use; 0: none was accepted yet.
  credential integer not null default 0 check (credential >= 0),
  -- What the provider said when the agent asked last: listed its objects, or took the key and does not let it list.
  access text check (access in ('list', 'limited')),
  checked_at timestamptz,
  created_at timestamptz not null default now(),
  unique (project_id, name)
);

-- What the provider gave out. A newer one replaces the one before it once the provider has taken it.
create table object_credentials (
  store_id uuid not null references object_stores on delete cascade,
  organization_id uuid not null references organizations,
  generation integer not null check (generation > 0),
  access_key_id text not null,
  -- The secret key, sealed to the project: {owner: store id, name: credential-<generation>}.
  sealed text not null,
  created_at timestamptz not null default now(),
  primary key (store_id, generation)
);

-- Which app knows which object store, by which config vars.
create table object_attachments (
  id uuid primary key,
  organization_id uuid not null references organizations,
  store_id uuid not null references object_stores on delete cascade,
  app_id uuid not null references apps on delete cascade,
  -- AWS_ACCESS_KEY_ID and the like belong to it, besides its own name's.
  main boolean not null,
  -- The credential that the app's config vars have, and the operation that released it; 0: none yet.
  credential integer not null default 0,
  release_operation uuid,
  -- Names of the config vars that belong to it: they follow the store, also when an older release comes back.
  variables jsonb not null default '[]',
  detaching boolean not null default false,
  created_at timestamptz not null default now(),
  unique (store_id, app_id)
);
create index object_attachments_of_app on object_attachments (app_id);

grant select on object_stores, object_attachments to bastide_api;
grant insert (id, organization_id, project_id, name, endpoint, region, bucket) on object_stores to bastide_api;
-- The API seals and can never open, and here it does not even read what it sealed.
grant select (store_id, organization_id, generation, access_key_id, created_at), insert on object_credentials to bastide_api;
grant insert (id, organization_id, store_id, app_id, main), update (detaching) on object_attachments to bastide_api;
grant select, insert, update, delete on object_stores, object_credentials, object_attachments to bastide_agent;

do $$
declare t text;
begin
  foreach t in array array['object_stores', 'object_credentials', 'object_attachments']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id))', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;
end $$;

create trigger sealed_to_current before insert or update of sealed on object_credentials
  for each row execute function bastide_sealed_to_current('sealed', 'text', 'object_stores', 'store_id');

-- A credential is its store's, and an app and a store meet in one project only, whoever writes the row.
create function object_rows_in_one_project() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'object_credentials' then
    if exists (select from object_stores s where s.id = new.store_id and s.organization_id = new.organization_id) then
      return new;
    end if;
  elsif exists (
    select from object_stores s join apps a on a.project_id = s.project_id and a.organization_id = s.organization_id
    where s.id = new.store_id and a.id = (to_jsonb(new) ->> 'app_id')::uuid and s.organization_id = new.organization_id
  ) then
    return new;
  end if;
  raise exception 'the app and the object store belong to different projects' using errcode = 'check_violation';
end $$;
create trigger in_one_project before insert or update of store_id, organization_id on object_credentials
  for each row execute function object_rows_in_one_project();
create trigger in_one_project before insert or update of store_id, app_id, organization_id on object_attachments
  for each row execute function object_rows_in_one_project();
