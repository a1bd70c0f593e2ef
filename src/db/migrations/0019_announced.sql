-- Attempts that a control announces before it makes them: what a vault then refuses is no alarm, once for each line, on
-- a canary's own repository, within minutes.
create table announced_attempts (
  id uuid primary key,
  vault_id uuid not null references vaults on delete cascade,
  repository_id uuid not null references repositories on delete cascade,
  method text not null,
  -- As it is asked, such as /r/<project>-1/config.
  path text not null,
  announced_at timestamptz not null default now(),
  spent_at timestamptz
);
create index announced_attempts_open on announced_attempts (vault_id, path) where spent_at is null;
grant select, insert, update, delete on announced_attempts to bastide_agent;
alter table announced_attempts enable row level security;
create policy agent on announced_attempts to bastide_agent using (true) with check (true);
