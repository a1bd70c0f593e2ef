-- Controls: who probes, what is tried, what was asked for, and the evidence, which only grows.
-- None of it belongs to an organization: it is of the platform, and the API sees it on the operator plane.

alter table memberships drop constraint memberships_role_check;
alter table memberships add constraint memberships_role_check
  check (role in ('owner', 'admin', 'developer', 'viewer', 'auditor', 'operator', 'prober'));

-- One-time tokens with which a prober makes itself known. They make nobody an operator.
create table prober_enrolments (
  hash bytea primary key,
  position text not null check (position in ('inside', 'outside')),
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

create table probers (
  -- sha-256 of the public key, hexadecimal.
  id text primary key check (id ~ '^[0-9a-f]{64}$'),
  account_id uuid not null references accounts,
  position text not null check (position in ('inside', 'outside')),
  -- SPKI, DER, base64. The private half never leaves the prober.
  public_key text not null,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);

-- What the newest prober can try: its own table of contents.
create table controls (
  id text primary key check (id ~ '^[a-z]+/[a-z][a-z0-9-]*$'),
  area text not null,
  claims jsonb not null,
  sentence text not null,
  occasion text not null check (occasion in ('anytime', 'drill')),
  every_hours integer not null check (every_hours between 1 and 8784),
  position text not null check (position in ('anywhere', 'outside')),
  first_seen_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);

create table control_runs (
  id uuid primary key,
  control text not null references controls,
  -- null: on schedule.
  operation_id uuid references operations on delete set null,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  prober_id text references probers,
  claimed_at timestamptz,
  finished_at timestamptz,
  verdict text check (verdict in ('held', 'broken', 'inconclusive', 'not-applicable')),
  reason text,
  evidence_seq bigint
);
create index control_runs_open on control_runs (requested_at) where finished_at is null;
create index control_runs_of on control_runs (control, requested_at desc);

-- The record as it was signed. `control` to `at` repeat what it says, for searching.
create table evidence (
  prober_id text not null references probers,
  seq bigint not null,
  digest text not null unique,
  record text not null,
  signature text not null,
  control text not null,
  verdict text not null check (verdict in ('held', 'broken', 'inconclusive', 'not-applicable')),
  reason text not null,
  at timestamptz not null,
  received_at timestamptz not null default now(),
  primary key (prober_id, seq)
);
create index evidence_of on evidence (control, at desc);

-- What the agent saw for a prober; it goes with its operation.
create table control_observations (
  operation_id uuid primary key references operations on delete cascade,
  kind text not null,
  seen jsonb not null,
  at timestamptz not null default now()
);

create function evidence_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'evidence is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on evidence for each row execute function evidence_is_append_only();
create trigger append_only_truncate before truncate on evidence for each statement execute function evidence_is_append_only();

grant select, insert on prober_enrolments, probers, control_runs, evidence to bastide_api;
grant update (used_at) on prober_enrolments to bastide_api;
grant update (seen_at) on probers to bastide_api;
grant update (prober_id, claimed_at, finished_at, verdict, reason, evidence_seq) on control_runs to bastide_api;
grant select, insert, update on controls to bastide_api;
grant select on control_observations to bastide_api;

grant select, insert on prober_enrolments to bastide_agent;
grant select on probers, controls, control_runs, evidence to bastide_agent;
grant update (finished_at, reason) on control_runs to bastide_agent;
grant select, insert, update on control_observations to bastide_agent;

do $$
declare t text;
begin
  foreach t in array array['prober_enrolments', 'probers', 'controls', 'control_runs', 'evidence', 'control_observations']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy plane on %I to bastide_api using (current_setting(''bastide.plane'', true) = ''operator'') with check (current_setting(''bastide.plane'', true) = ''operator'')', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;
end $$;
