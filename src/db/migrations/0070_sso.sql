-- Sign-in at an OpenID provider that an operator named. A person links an account of theirs to who they are there: issuer
-- and subject, never an address. It stands in the place of the password; the second factor is asked for as always.

create table sso_providers (
  id uuid primary key,
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{0,30}[a-z0-9]$'),
  -- One provider an issuer, so that a link to the row is a link to the issuer. It never changes.
  issuer text not null unique check (issuer ~ '^https://' and length(issuer) <= 300),
  client_id text not null check (length(client_id) between 1 and 300),
  -- PEM of its authority, where it is none of the public ones.
  ca text,
  -- The client secret on its way to the agent, under the accounts key; gone once the agent has taken it.
  sent_secret bytea,
  -- The client secret as it is kept, under the root key, which the API does not have.
  wrapped_secret text,
  -- What the provider says of itself; nothing until it was asked.
  metadata jsonb,
  checked_at timestamptz,
  -- The operation that looked last.
  checked_by uuid,
  failure text,
  created_by text not null,
  created_at timestamptz not null default now()
);

create table sso_links (
  provider_id uuid not null references sso_providers on delete cascade,
  subject text not null check (length(subject) between 1 and 255),
  account_id uuid not null references accounts on delete cascade,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  primary key (provider_id, subject),
  unique (account_id, provider_id)
);

-- A browser that went to a provider: minutes, and then gone.
create table sso_logins (
  id uuid primary key,
  provider_id uuid not null references sso_providers on delete cascade,
  -- sha-256 of what only the page that began it knows.
  key_hash bytea not null unique,
  -- Whose link it is to become; null: a sign-in.
  account_id uuid references accounts on delete cascade,
  -- /24 or /64 of the address: how many browsers of it are away.
  network text not null,
  redirect_uri text not null,
  state text not null,
  nonce text not null,
  verifier text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- What the provider sent back with the browser; taken out again once it was exchanged.
  code text check (length(code) <= 4000),
  answer_iss text check (length(answer_iss) <= 300),
  answered_at timestamptz,
  -- What came of it: the agent's to write.
  subject text check (length(subject) between 1 and 255),
  failure text,
  done_at timestamptz,
  taken_at timestamptz
);
create index sso_logins_ends on sso_logins (expires_at);

-- The API writes a secret and reads none.
grant select (id, name, issuer, client_id, metadata, checked_at, failure, created_by, created_at), delete,
  insert (id, name, issuer, client_id, ca, sent_secret, created_by, created_at), update (sent_secret, failure) on sso_providers to bastide_api;
grant select, delete, insert (provider_id, subject, account_id, created_at), update (last_used_at) on sso_links to bastide_api;
grant select, delete,
  insert (id, provider_id, key_hash, account_id, network, redirect_uri, state, nonce, verifier, created_at, expires_at),
  update (code, answer_iss, answered_at, taken_at) on sso_logins to bastide_api;
grant select, update (sent_secret, wrapped_secret, metadata, checked_at, checked_by, failure) on sso_providers to bastide_agent;
grant select, update (code, verifier, subject, failure, done_at) on sso_logins to bastide_agent;

do $$
declare t text;
begin
  foreach t in array array['sso_providers', 'sso_links', 'sso_logins']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy plane on %I to bastide_api using (current_setting(''bastide.plane'', true) in (''operator'', ''sign-in'')) with check (current_setting(''bastide.plane'', true) in (''operator'', ''sign-in''))', t);
  end loop;
  foreach t in array array['sso_providers', 'sso_logins']
  loop
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;
end $$;
