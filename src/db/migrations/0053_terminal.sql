-- What was typed and shown in sessions that are recorded; the text itself is a file of the agent's (asciicast).
create table terminal_recordings (
  -- The operation that the session is.
  id uuid primary key references operations on delete cascade,
  organization_id uuid not null references organizations,
  project_id uuid not null references projects on delete cascade,
  kind text not null,
  -- For example `app:shop`; of a database its name.
  target text not null,
  actor text not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  -- Why it ended, where it did not by itself: the code of the refusal.
  because text,
  bytes bigint,
  sha256 text,
  -- The file is removed then.
  expires_at timestamptz not null
);
create index terminal_recordings_of on terminal_recordings (organization_id, started_at desc);

grant select on terminal_recordings to bastide_api;
grant select, insert, update, delete on terminal_recordings to bastide_agent;
alter table terminal_recordings enable row level security;
create policy tenant on terminal_recordings to bastide_api using (bastide_bound(organization_id))
  with check (bastide_bound(organization_id));
create policy agent on terminal_recordings to bastide_agent using (true) with check (true);

-- What the containers of a release that failed wrote last: process -> lines. Their services are gone by then.
alter table releases add column last_lines jsonb;
