-- Source archives that were taken in and wait for their build; the file has the name of the row's id.
create table uploads (
  id uuid primary key,
  organization_id uuid not null references organizations,
  app_id uuid not null references apps on delete cascade,
  bytes bigint not null,
  sha256 text not null,
  created_by text not null,
  created_at timestamptz not null default now()
);
alter table uploads enable row level security;
create policy tenant on uploads to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy agent on uploads to bastide_agent using (true) with check (true);
grant select, insert on uploads to bastide_api;
grant select, delete on uploads to bastide_agent;
