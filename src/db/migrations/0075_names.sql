-- A name of the outside is whoever's can write in its zone. Where another organization has it, or had it a short
-- while ago, nobody gets it without the record that proves so: DNS may well still lead here.

-- What an organization writes into a zone. Everybody may read it there, so it is no secret.
alter table organizations add column domain_token text not null unique default replace(gen_random_uuid()::text, '-', '');

-- When the organization's record was seen; null: there was nobody to prove it against.
alter table domains add column proven_at timestamptz;

-- Hashes of a name and of those above it, of two labels at least, the name's own first.
create function bastide_name_hashes(name text) returns bytea[] language sql immutable as $$
  select array_agg(sha256(convert_to(array_to_string(labels[n:], '.'), 'UTF8')) order by n)
  from (select string_to_array(name, '.') as labels) l, generate_series(1, greatest(1, cardinality(labels) - 1)) as n
$$;

-- Names that were let go, and for whom they are kept until when. As hashes: what was erased is not to be found by its name.
create table held_names (
  name bytea primary key,
  above bytea[] not null,
  organization_id uuid not null references organizations on delete cascade,
  held_until timestamptz not null
);

-- Names that were asked for and wait for their record.
create table name_claims (
  id uuid primary key,
  organization_id uuid not null references organizations,
  app_id uuid not null references apps on delete cascade,
  host text not null check (host = lower(host) and length(host) <= 253),
  created_at timestamptz not null default now(),
  -- When the name servers were asked last.
  looked_at timestamptz,
  unique (app_id, host)
);

-- What an organization that asks for a name is told of it:
-- own (it has it), taken (another one has it), foreign (another one has or had it, or a name above or below it),
-- proven (it has proven a name above), free. One asks at a time, so that the answer holds until the transaction ends.
create function bastide_name_state(name text, asking uuid) returns text language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
declare
  owner uuid;
  hashes bytea[] := bastide_name_hashes(name);
begin
  perform pg_advisory_xact_lock(4243);
  select organization_id into owner from domains where host = name;
  if owner is not null then return case when owner = asking then 'own' else 'taken' end; end if;
  if exists (select from domains d where d.organization_id <> asking
      and (right(name, length(d.host) + 1) = '.' || d.host or right(d.host, length(name) + 1) = '.' || name))
    or exists (select from held_names h where h.organization_id <> asking and h.held_until > now()
      and (h.name = any (hashes) or hashes[1] = any (h.above))) then return 'foreign'; end if;
  if exists (select from domains d where d.organization_id = asking and d.proven_at is not null
    and right(name, length(d.host) + 1) = '.' || d.host) then return 'proven'; end if;
  return 'free';
end $$;

-- Until when a name that the platform gives out is kept for another organization; null: it is not.
create function bastide_name_held(name text, asking uuid) returns timestamptz language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(4243);
  return (select h.held_until from held_names h
    where h.name = (bastide_name_hashes(bastide_name_held.name))[1] and h.organization_id <> asking and h.held_until > now());
end $$;

-- However a name goes: the app destroyed, the domain removed, the project erased, the platform's own domain changed.
create function hold_name() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  hashes bytea[];
begin
  if tg_op = 'UPDATE' and new.host = old.host then return null; end if;
  hashes := bastide_name_hashes(old.host);
  insert into held_names (name, above, organization_id, held_until)
    values (hashes[1], hashes[2:], old.organization_id, now() + case old.kind when 'platform' then interval '7 days' else interval '30 days' end)
    on conflict (name) do update set organization_id = excluded.organization_id, held_until = excluded.held_until;
  return null;
end $$;
create trigger hold_name after delete or update of host on domains for each row execute function hold_name();

-- The second wall, whoever writes the row. `.localhost` leads to the visitor's own machine: nothing can be proven there.
create function name_is_free() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if (case new.kind
    when 'platform' then bastide_name_held(new.host, new.organization_id) is not null
    else new.proven_at is null and new.host not like '%.localhost' and bastide_name_state(new.host, new.organization_id) = 'foreign'
  end) then
    raise exception 'the name is kept for another organization' using errcode = 'check_violation';
  end if;
  delete from held_names where name = (bastide_name_hashes(new.host))[1];
  return new;
end $$;
create trigger name_is_free before insert on domains for each row execute function name_is_free();

revoke all on function bastide_name_state(text, uuid), bastide_name_held(text, uuid), hold_name(), name_is_free() from public;
grant execute on function bastide_name_state(text, uuid), bastide_name_held(text, uuid) to bastide_api, bastide_agent;

-- The API asks for names; that one is proven is the agent's to write.
revoke insert, update on domains from bastide_api;
grant insert (id, organization_id, app_id, host, kind) on domains to bastide_api;
grant insert on domains to bastide_agent;
grant select, delete on name_claims to bastide_api, bastide_agent;
grant insert (id, organization_id, app_id, host) on name_claims to bastide_api;
grant update (looked_at) on name_claims to bastide_agent;
grant select, delete on held_names to bastide_agent;

alter table held_names enable row level security;
create policy agent on held_names to bastide_agent using (true) with check (true);
alter table name_claims enable row level security;
create policy tenant on name_claims to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy agent on name_claims to bastide_agent using (true) with check (true);
