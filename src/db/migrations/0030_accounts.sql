-- Accounts of people: a password, second factors, sessions, sign-in by another device. What proves who somebody is lies in
-- tables of its own, which only the sign-in and the operator plane of the API read; the agent reads none of them.

-- In lower case. Two accounts that work never share an address; it finds an account and proves nothing.
alter table accounts add column email text check (email = lower(email) and length(email) between 3 and 254);
create unique index accounts_email on accounts (email) where disabled_at is null;

create table account_passwords (
  account_id uuid primary key references accounts on delete cascade,
  -- argon2id, in PHC form.
  hash text not null check (hash like '$argon2id$%'),
  changed_at timestamptz not null default now()
);

create table totp_factors (
  account_id uuid primary key references accounts on delete cascade,
  -- AES-256-GCM with the platform's accounts key; the account's id is bound to it.
  seed bytea,
  -- One that was begun and not proven yet: it counts for nothing, and the old one counts until then.
  pending bytea,
  created_at timestamptz not null default now(),
  confirmed_at timestamptz,
  -- The newest time step whose code was taken: a code works once.
  last_step bigint,
  check ((confirmed_at is null) = (seed is null))
);

create table recovery_codes (
  -- sha-256 of 100 random bits.
  hash bytea primary key,
  account_id uuid not null references accounts on delete cascade,
  created_at timestamptz not null default now(),
  used_at timestamptz
);
create index recovery_codes_of on recovery_codes (account_id);

create table passkeys (
  -- The credential's id, base64url.
  id text primary key,
  account_id uuid not null references accounts on delete cascade,
  name text not null,
  public_key bytea not null,
  counter bigint not null,
  transports jsonb not null default '[]',
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_of on passkeys (account_id);

-- Challenges that were answered, until they would have expired anyway.
create table spent_challenges (
  hash bytea primary key,
  expires_at timestamptz not null
);

create table sessions (
  id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  -- sha-256 of a 256-bit random token.
  hash bytea not null unique,
  -- 1: the password was right and the second factor is to come. 2: a whole session.
  level smallint not null check (level in (1, 2)),
  kind text not null check (kind in ('web', 'cli')),
  device text not null,
  source_address text,
  -- /24 or /64 of the address: from where the owner has signed in before.
  network text not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- When a second factor was last proven in this session, and which.
  factor_at timestamptz,
  factor text check (factor in ('totp', 'recovery', 'passkey', 'device')),
  revoked_at timestamptz,
  check (level = 1 or factor is not null)
);
create index sessions_of on sessions (account_id, created_at desc);

-- RFC 8628: a device asks, a session of somebody approves.
create table device_logins (
  id uuid primary key,
  device_hash bytea not null unique,
  code_hash bytea not null unique,
  device text not null,
  source_address text,
  network text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  polled_at timestamptz,
  approved_by uuid references accounts on delete cascade,
  denied_at timestamptz,
  taken_at timestamptz
);

grant insert (email), update (email, disabled_at) on accounts to bastide_api;
grant select, insert, update (hash, changed_at) on account_passwords to bastide_api;
grant select, insert, delete, update on totp_factors to bastide_api;
grant select, insert, delete, update (used_at) on recovery_codes to bastide_api;
grant select, insert, delete, update (counter, last_used_at) on passkeys to bastide_api;
grant select, insert, delete on spent_challenges to bastide_api;
grant select, insert, delete, update (hash, level, last_seen_at, expires_at, factor_at, factor, revoked_at) on sessions to bastide_api;
grant select, insert, delete, update (polled_at, approved_by, denied_at, taken_at) on device_logins to bastide_api;

do $$
declare t text;
begin
  foreach t in array array['account_passwords', 'totp_factors', 'recovery_codes', 'passkeys', 'spent_challenges', 'sessions', 'device_logins']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy plane on %I to bastide_api using (current_setting(''bastide.plane'', true) in (''operator'', ''sign-in'')) with check (current_setting(''bastide.plane'', true) in (''operator'', ''sign-in''))', t);
  end loop;
end $$;
