-- The audit log as a tree (RFC 6962): every entry that was committed becomes a leaf, in the order in which the agent
-- takes them up, and the agent signs the tree's root. Nobody changes or removes what is here; one narrow door lets
-- personal data be erased, and leaves an entry of its own.

-- Personal fields are in the leaf as HMACs under the entry's salt: with the salt and the fields gone, the leaf still holds.
alter table audit_log
  add column salt bytea default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
  add column erased_by bigint;
create index audit_log_actor on audit_log (actor, seq desc);
create index audit_log_target on audit_log (target, seq desc);
create index audit_log_operation on audit_log (operation_id) where operation_id is not null;
create index audit_log_request on audit_log (request_id) where request_id is not null;

-- What was appended and is no leaf yet.
create table audit_unsealed (seq bigint primary key);
insert into audit_unsealed select seq from audit_log;
create function audit_log_appended() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into audit_unsealed values (new.seq);
  return null;
end $$;
create trigger appended after insert on audit_log for each row execute function audit_log_appended();

create table audit_leaves (
  index bigint primary key check (index >= 0),
  seq bigint not null unique,
  -- 32 bytes each: the leaf's own hash, and those of the subtrees that it completes.
  hashes bytea not null check (length(hashes) > 0 and length(hashes) % 32 = 0),
  -- The leaf before; zeros for the first. It is in the leaf's record, too.
  previous bytea not null check (length(previous) = 32),
  -- HMACs of the personal fields, by name.
  committed jsonb not null,
  made_at timestamptz not null
);

-- C2SP signed notes.
create table audit_checkpoints (
  size bigint primary key,
  note text not null,
  made_at timestamptz not null
);

-- How far each witness has got.
create table audit_outlets (
  name text primary key,
  kind text not null check (kind in ('witness')),
  position bigint not null default 0,
  reached_at timestamptz,
  failing_since timestamptz,
  failure text
);

-- Whose signature counts; the newest signs.
create table audit_keys (
  key text primary key,
  since timestamptz not null default now()
);

-- What came of verifying the log.
create table audit_checks (
  id uuid primary key,
  operation_id uuid,
  at timestamptz not null default now(),
  verdict jsonb not null
);
create index audit_checks_of on audit_checks (operation_id);

-- Ours to say are the words of an entry, not its number, its time or its salt.
revoke insert on audit_log from bastide_api, bastide_agent;
grant insert (actor, action, target, organization_id, outcome, reason, source_address, request_id, operation_id, detail)
  on audit_log to bastide_api, bastide_agent;
grant select on audit_unsealed, audit_leaves, audit_checkpoints, audit_outlets, audit_keys, audit_checks to bastide_api, bastide_agent;
grant delete on audit_unsealed to bastide_agent;
grant insert on audit_leaves, audit_checkpoints, audit_keys, audit_checks to bastide_agent;
grant insert, update, delete on audit_outlets to bastide_agent;

create function audit_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;
do $$
declare t text;
begin
  foreach t in array array['audit_leaves', 'audit_checkpoints', 'audit_keys', 'audit_checks']
  loop
    execute format('create trigger append_only before update or delete on %I for each row execute function audit_append_only()', t);
    execute format('create trigger append_only_truncate before truncate on %I for each statement execute function audit_append_only()', t);
  end loop;
end $$;

-- The door. A sealed entry may lose its personal fields, once, all at once and for a later entry that says so. Nothing
-- else changes, whoever asks.
create or replace function audit_log_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.erased_by is null and new.erased_by > old.seq and new.salt is null
    and new.actor = 'erased' and new.reason is null and new.source_address is null
    and (new.target = old.target or (new.target = 'account:erased' and old.target like 'account:%'))
    and to_jsonb(new) - array['erased_by', 'salt', 'actor', 'reason', 'source_address', 'target']
      = to_jsonb(old) - array['erased_by', 'salt', 'actor', 'reason', 'source_address', 'target']
    and exists (select from audit_leaves where seq = old.seq)
  then return new; end if;
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;

-- Erases what is personal in all sealed entries of an account and in those about it; the number of entries.
create function audit_erase(person text, asked_by text, operation uuid) returns bigint
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  entries bigint;
  said bigint;
begin
  perform 1 from audit_log l join audit_leaves using (seq)
    where (l.actor = person or l.target = 'account:' || person) and l.erased_by is null for update of l;
  select count(*) into entries from audit_log l join audit_leaves using (seq)
    where (l.actor = person or l.target = 'account:' || person) and l.erased_by is null;
  if entries = 0 then return 0; end if;
  insert into audit_log (actor, action, target, outcome, operation_id, detail)
    values (asked_by, 'audit.erased', 'account:erased', 'done', operation, jsonb_build_object('entries', entries))
    returning seq into said;
  update audit_log l set erased_by = said, salt = null, actor = 'erased', reason = null, source_address = null,
      target = case when l.target like 'account:%' then 'account:erased' else l.target end
    from audit_leaves v where v.seq = l.seq and l.seq < said
      and (l.actor = person or l.target = 'account:' || person) and l.erased_by is null;
  return entries;
end $$;

revoke all on function audit_erase(text, text, uuid), audit_log_appended() from public;
grant execute on function audit_erase(text, text, uuid) to bastide_agent;
