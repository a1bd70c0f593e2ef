-- A project's storage on its way to another key: the row is there from the new key's making until the old image is gone.
create table storage_rekeys (
  project_id uuid primary key references projects on delete cascade,
  organization_id uuid not null references organizations,
  -- The new key, sealed to the project like the one in use: {owner: project id, name: storage}.
  sealed text not null,
  -- What the kernel calls it; set when everything is in the new image and was compared.
  key_id text,
  created_at timestamptz not null default now()
);
grant select, insert, update, delete on storage_rekeys to bastide_agent;
alter table storage_rekeys enable row level security;
create policy agent on storage_rekeys to bastide_agent using (true) with check (true);

create trigger sealed_to_current before insert or update of sealed on storage_rekeys
  for each row execute function bastide_sealed_to_current('sealed', 'text', 'self', 'project_id');
