-- The network that staff come in by: who is in it, and whether the operators' plane answers in it alone.

create table vpn (
  -- There is one.
  one boolean primary key default true check (one),
  -- Since when the operators' plane answers inside only; null: it answers everywhere.
  closed_at timestamptz,
  closed_by text,
  -- Of the server, written by the agent: WireGuard's base64. Its private half never leaves the node.
  public_key text check (public_key ~ '^[A-Za-z0-9+/]{43}=$'),
  -- What carries the tunnel now; null: it is down.
  carrier text check (carrier in ('kernel', 'userspace')),
  problem text
);
insert into vpn default values;

create table vpn_peers (
  id uuid primary key,
  name text not null check (name ~ '^[a-z][a-z0-9-]{0,38}[a-z0-9]$'),
  public_key text not null unique check (public_key ~ '^[A-Za-z0-9+/]{43}=$'),
  address text not null,
  enrolled_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_because text check (ended_because in ('revoked', 'expired')),
  ended_by text,
  -- When its end of the tunnel was last heard of; by the agent.
  handshake_at timestamptz,
  check ((ended_at is null) = (ended_because is null))
);
-- A peer's key is never somebody else's; its name and address are its own while it lives.
create unique index vpn_peers_address on vpn_peers (address) where ended_at is null;
create unique index vpn_peers_name on vpn_peers (name) where ended_at is null;

grant select on vpn, vpn_peers to bastide_api;
grant update (closed_at, closed_by) on vpn to bastide_api;
grant insert (id, name, public_key, address, enrolled_by, created_at, expires_at) on vpn_peers to bastide_api;
grant update (expires_at, ended_at, ended_because, ended_by) on vpn_peers to bastide_api;
grant select on vpn, vpn_peers to bastide_agent;
grant update (public_key, carrier, problem) on vpn to bastide_agent;
grant update (handshake_at, ended_at, ended_because, ended_by) on vpn_peers to bastide_agent;

alter table vpn enable row level security;
alter table vpn_peers enable row level security;
create policy plane on vpn to bastide_api
  using (current_setting('bastide.plane', true) = 'operator') with check (current_setting('bastide.plane', true) = 'operator');
create policy plane on vpn_peers to bastide_api
  using (current_setting('bastide.plane', true) = 'operator') with check (current_setting('bastide.plane', true) = 'operator');
create policy agent on vpn to bastide_agent using (true) with check (true);
create policy agent on vpn_peers to bastide_agent using (true) with check (true);
