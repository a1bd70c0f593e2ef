-- Mail: what people are told beside the command line. A letter is written down in the transaction that it tells of, by the
-- database, so that nothing that a program forgets or an intruder leaves out goes untold. The agent sends it.

-- Whether there is a server to send by, and how it goes: the agent's to write.
create table mail_outlet (
  one boolean primary key default true check (one),
  enabled boolean not null,
  server text,
  sender text,
  sent_at timestamptz,
  failing_since timestamptz,
  failure text
);

create table letters (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references accounts on delete cascade,
  -- As it was when it was written: a changed address is told to the old one.
  address text not null,
  kind text not null,
  -- What the words are made of; never a secret.
  detail jsonb not null default '{}',
  -- It goes with its project (0015).
  project_id uuid,
  -- The operation that asked for it: a test.
  operation_id uuid unique,
  created_at timestamptz not null default now(),
  next_at timestamptz not null default now(),
  tries integer not null default 0,
  sent_at timestamptz,
  -- Nobody tries any more.
  dropped_at timestamptz,
  failure text
);
create index letters_due on letters (next_at) where sent_at is null and dropped_at is null;
create index letters_of on letters (account_id, created_at desc);

-- Thirty letters of one matter an hour are the most for an account: what makes events makes no flood of mail. Each matter of
-- each organization and project has its own thirty, so that a flood of one hides no other.
create function bastide_write_letter(account uuid, what text, about jsonb, old_address text default null, of_project uuid default null) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from mail_outlet where enabled) then return; end if;
  if (select count(*) from letters l where l.account_id = account and l.kind = what
    and l.detail ->> 'code' is not distinct from about ->> 'code' and l.detail ->> 'organization' is not distinct from about ->> 'organization'
    and l.detail ->> 'project' is not distinct from about ->> 'project' and l.created_at > now() - interval '1 hour') >= 30 then return; end if;
  insert into letters (account_id, address, kind, detail, project_id)
  select a.id, coalesce(old_address, a.email), what, about, of_project from accounts a
  where a.id = account and (a.disabled_at is null or old_address is not null) and coalesce(old_address, a.email) is not null;
end $$;

-- An alert goes to the owners and admins of its organization, one without an organization to operators and security officers.
-- The same thing twice within an hour is told once.
create function bastide_mail_alert() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  who record;
  organization text := (select o.name from organizations o where o.id = new.organization_id);
  project text := (select p.name from projects p where p.id = new.project_id);
begin
  for who in select distinct m.account_id from memberships m
    where m.organization_id is not distinct from new.organization_id
      and m.role in ('owner', 'admin', 'operator', 'security-officer')
      and (tg_op = 'UPDATE' or not exists (select 1 from letters l where l.account_id = m.account_id and l.kind = 'alert'
        and l.detail ->> 'code' = new.code and l.detail ->> 'subject' = new.subject and l.created_at > now() - interval '1 hour'))
  loop
    perform bastide_write_letter(who.account_id, 'alert', jsonb_build_object('code', new.code, 'subject', new.subject,
      'severity', new.severity, 'message', left(new.message, 2000), 'next', new.next, 'organization', organization, 'project', project),
      null, new.project_id);
  end loop;
  return null;
end $$;
create trigger mail_alert after insert on alerts for each row execute function bastide_mail_alert();
-- What was a warning is critical now.
create trigger mail_worse after update of severity on alerts
  for each row when (old.severity <> new.severity and new.severity = 'critical') execute function bastide_mail_alert();

-- What happens to an account is told to whoever has it.
create function bastide_mail_password() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform bastide_write_letter(new.account_id, 'password_changed', '{}');
  return null;
end $$;
create trigger mail_password after update of hash on account_passwords
  for each row when (old.hash is distinct from new.hash) execute function bastide_mail_password();

create function bastide_mail_address() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform bastide_write_letter(new.id, case when new.disabled_at is distinct from old.disabled_at then 'account_ended' else 'address_changed' end,
    '{}', old.email);
  return null;
end $$;
create trigger mail_address after update of email, disabled_at on accounts
  for each row when (old.email is not null and (old.email is distinct from new.email or (old.disabled_at is null and new.disabled_at is not null)))
  execute function bastide_mail_address();

create function bastide_mail_app() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then perform bastide_write_letter(old.account_id, 'app_removed', '{}');
  else perform bastide_write_letter(new.account_id, 'app_added', '{}'); end if;
  return null;
end $$;
create trigger mail_app after insert or update of seed on totp_factors for each row when (new.seed is not null) execute function bastide_mail_app();
create trigger mail_app_gone after delete on totp_factors for each row when (old.seed is not null) execute function bastide_mail_app();

create function bastide_mail_passkey() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    perform bastide_write_letter(old.account_id, 'passkey_removed', jsonb_build_object('name', old.name));
  else
    perform bastide_write_letter(new.account_id, 'passkey_added', jsonb_build_object('name', new.name));
  end if;
  return null;
end $$;
create trigger mail_passkey after insert or delete on passkeys for each row execute function bastide_mail_passkey();

create function bastide_mail_code() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform bastide_write_letter(new.account_id, 'recovery_code_used',
    jsonb_build_object('left', (select count(*) from recovery_codes c where c.account_id = new.account_id and c.used_at is null)));
  return null;
end $$;
create trigger mail_code after update of used_at on recovery_codes
  for each row when (old.used_at is null and new.used_at is not null) execute function bastide_mail_code();

create function bastide_mail_codes() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare who record;
begin
  for who in select distinct f.account_id from fresh f loop
    perform bastide_write_letter(who.account_id, 'codes_renewed', '{}');
  end loop;
  return null;
end $$;
create trigger mail_codes after insert on recovery_codes referencing new table as fresh for each statement execute function bastide_mail_codes();

-- A whole session from a network that the account has none of; the first session of a new account is nobody's surprise.
create function bastide_mail_session() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if (exists (select 1 from sessions s where s.account_id = new.account_id and s.level = 2 and s.id <> new.id)
      or exists (select 1 from accounts a where a.id = new.account_id and a.created_at < now() - interval '1 hour'))
    and not exists (select 1 from sessions s where s.account_id = new.account_id and s.level = 2 and s.id <> new.id and s.network = new.network) then
    perform bastide_write_letter(new.account_id, 'signed_in',
      jsonb_build_object('device', new.device, 'address', new.source_address));
  end if;
  return null;
end $$;
create trigger mail_session_new after insert on sessions for each row when (new.level = 2) execute function bastide_mail_session();
create trigger mail_session after update of level on sessions
  for each row when (old.level = 1 and new.level = 2) execute function bastide_mail_session();

revoke all on function bastide_write_letter(uuid, text, jsonb, text, uuid) from public;

grant select on mail_outlet to bastide_api;
grant select, insert, update on mail_outlet to bastide_agent;
-- The API counts, and reads no address and no word of a letter.
grant select (id, kind, created_at, sent_at, dropped_at) on letters to bastide_api;
grant select, insert, delete, update (next_at, tries, sent_at, dropped_at, failure) on letters to bastide_agent;
alter table mail_outlet enable row level security;
create policy plane on mail_outlet for select to bastide_api using (current_setting('bastide.plane', true) = 'operator');
create policy agent on mail_outlet to bastide_agent using (true) with check (true);
alter table letters enable row level security;
create policy plane on letters for select to bastide_api using (current_setting('bastide.plane', true) = 'operator');
create policy agent on letters to bastide_agent using (true) with check (true);
