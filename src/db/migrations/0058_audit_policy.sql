-- The audit log's retention and where it is forwarded to.

-- Entries may go by policy once they are old; their leaves stay, so that the tree is the same one. The floor is here,
-- where no program can talk it down.
create table audit_retention (
  one boolean primary key default true check (one),
  days int not null check (days between 180 and 36500),
  set_by text not null,
  set_at timestamptz not null default now()
);

-- What the policy has removed: the first `through` entries, by a statement that the agent signed.
create table audit_retirements (
  through bigint primary key check (through > 0),
  before timestamptz not null,
  entries bigint not null,
  statement text not null,
  made_at timestamptz not null default now()
);
create trigger append_only before update or delete on audit_retirements for each row execute function audit_append_only();
create trigger append_only_truncate before truncate on audit_retirements for each statement execute function audit_append_only();

-- The doors of the log: what is personal can be erased (0024), and what was retired can go. Nothing else changes, whoever asks.
create or replace function audit_log_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.erased_by is null and new.erased_by > old.seq and new.salt is null
    and new.actor = 'erased' and new.reason is null and new.source_address is null
    and (new.target = old.target or (new.target = 'account:erased' and old.target like 'account:%'))
    and to_jsonb(new) - array['erased_by', 'salt', 'actor', 'reason', 'source_address', 'target']
      = to_jsonb(old) - array['erased_by', 'salt', 'actor', 'reason', 'source_address', 'target']
    and exists (select from audit_leaves where seq = old.seq)
  then return new; end if;
  if tg_op = 'DELETE' and exists (
    select from audit_leaves l
    where l.seq = old.seq and l.made_at < now() - interval '180 days'
      and exists (select from audit_retirements r where r.through > l.index and l.made_at < r.before)
  ) then return old; end if;
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;

-- Retires the first `through` entries, all of them sealed before `cutoff`, and says so in the log; the number of entries.
create function audit_retire(through_index bigint, cutoff timestamptz, signed_statement text) returns bigint
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  policy int;
  gone bigint;
begin
  lock table audit_retirements in share row exclusive mode;
  select days into policy from audit_retention;
  if policy is null or cutoff > now() - make_interval(days => policy) or exists (
    select from audit_leaves where index < through_index and made_at >= cutoff
  ) or not exists (select from audit_leaves where index = through_index - 1) then
    raise exception 'no policy retires these entries' using errcode = 'insufficient_privilege';
  end if;
  select count(*) into gone from audit_log a join audit_leaves l using (seq) where l.index < through_index;
  if gone = 0 then return 0; end if;
  insert into audit_retirements (through, before, entries, statement)
    values (through_index, cutoff, gone, signed_statement);
  insert into audit_log (actor, action, target, outcome, detail)
    values ('system:retention', 'audit.retired', 'audit-log', 'done', jsonb_build_object('entries', gone,
      'through', through_index, 'before', cutoff, 'days', policy, 'statement', signed_statement));
  delete from audit_log a using audit_leaves l where l.seq = a.seq and l.index < through_index;
  return gone;
end $$;

-- Servers that get the log as it grows.
create table audit_forwards (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,30}$'),
  host text not null check (host <> ''),
  port int not null check (port between 1 and 65535),
  -- PEM of its authority, where it is none of the public ones.
  ca text,
  -- Whether the agent shows a certificate of its own.
  client_certificate boolean not null default false,
  -- Whether it is in a private network, and meant to be.
  private boolean not null default false,
  added_by text not null,
  added_at timestamptz not null default now()
);
alter table audit_outlets add column tested_by uuid, add column tested_at timestamptz;
alter table audit_outlets drop constraint audit_outlets_kind_check;
alter table audit_outlets add check (kind in ('witness', 'syslog'));

grant select on audit_retention, audit_retirements, audit_forwards to bastide_api, bastide_agent;
grant insert, update, delete on audit_retention to bastide_api;
grant insert, delete on audit_forwards to bastide_api;
do $$
declare t text;
begin
  foreach t in array array['audit_retention', 'audit_forwards']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy operators on %I to bastide_api using (current_setting(''bastide.plane'', true) = ''operator'') with check (current_setting(''bastide.plane'', true) = ''operator'')', t);
    execute format('create policy agent on %I to bastide_agent using (true)', t);
  end loop;
end $$;

revoke all on function audit_retire(bigint, timestamptz, text) from public;
grant execute on function audit_retire(bigint, timestamptz, text) to bastide_agent;
