-- Keys have generations. A sealed text is `<key id>.<age file as base64>`: which generation opens it is read from its
-- front, so that "nothing is sealed to it any more" is a query. The columns that hold sealed texts are listed in
-- src/capabilities/keys/sealed.ts.

alter table project_keys
  add column generation integer not null default 1 check (generation > 0),
  add column recipient text,
  -- First 16 hex digits of the recipient's SHA-256: the front of every text that is sealed to it.
  add column key_id text,
  -- Sealed to by nobody since then; it still opens what is left.
  add column superseded_at timestamptz,
  add column compromised_at timestamptz,
  -- Its private half is gone; the row stays as the record that it was.
  add column destroyed_at timestamptz,
  add column reason text,
  -- The operation that made it: a killed one finds what it had made.
  add column operation_id uuid,
  alter column wrapped drop not null;

update project_keys k set recipient = p.key_recipient,
  key_id = left(encode(sha256(convert_to(p.key_recipient, 'UTF8')), 'hex'), 16)
  from projects p where p.id = k.project_id;

alter table project_keys
  alter column recipient set not null,
  alter column key_id set not null,
  drop constraint project_keys_pkey,
  add primary key (project_id, generation),
  add unique (project_id, key_id),
  add check ((wrapped is null) = (destroyed_at is not null));
create unique index one_current_key on project_keys (project_id) where superseded_at is null and destroyed_at is null;

-- What is known of root keys. The keys themselves never come near the database.
create table root_keys (
  id text primary key,
  created_at timestamptz not null default now(),
  superseded_at timestamptz,
  compromised_at timestamptz,
  destroyed_at timestamptz,
  reason text,
  operation_id uuid
);

alter table project_keys enable row level security;
create policy tenant on project_keys for select to bastide_api using (exists (select 1 from projects p where p.id = project_id));
create policy agent on project_keys to bastide_agent using (true) with check (true);
alter table root_keys enable row level security;
create policy plane on root_keys for select to bastide_api using (current_setting('bastide.plane', true) = 'operator');
create policy agent on root_keys to bastide_agent using (true) with check (true);

-- The API sees that keys are there and how old they are, never one of them.
grant select (project_id, generation, key_id, root_key_id, created_at, superseded_at, compromised_at, destroyed_at, reason)
  on project_keys to bastide_api;
grant select on root_keys to bastide_api;
grant select, insert, update on root_keys to bastide_agent;
grant update (sealed) on config_vars to bastide_agent;
