-- Tries at doors that take something that can be guessed, counted per account and per network. Rows of an hour ago are swept.

create table throttles (
  -- What was tried: password, factor, recovery, device, token, invitation …
  door text not null check (door ~ '^[a-z-]{1,20}$'),
  -- What is counted: of an account from a network, of an account, of a network, of an address; 'count': a number that is never exceeded.
  kind text not null check (kind in ('pair', 'account', 'network', 'address', 'count')),
  -- As it was typed, or the account's name; '' where it is about no account.
  account text not null default '' check (length(account) <= 254),
  network text not null default '' check (length(network) <= 64),
  tries integer not null,
  -- Tries that were turned away without being judged, since this row is there.
  refused integer not null default 0,
  first_at timestamptz not null,
  last_at timestamptz not null,
  blocked_until timestamptz,
  primary key (door, kind, account, network)
);
create index throttles_last on throttles (last_at);
create index throttles_blocked on throttles (blocked_until) where blocked_until is not null;

grant select, insert, update, delete on throttles to bastide_api;
grant select, insert, update, delete on throttles to bastide_agent;
alter table throttles enable row level security;
create policy plane on throttles to bastide_api
  using (current_setting('bastide.plane', true) in ('operator', 'sign-in'))
  with check (current_setting('bastide.plane', true) in ('operator', 'sign-in'));
create policy agent on throttles to bastide_agent using (true) with check (true);
