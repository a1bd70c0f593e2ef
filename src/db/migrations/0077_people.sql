-- An owner whose account was disabled owns nothing: an organization keeps one who can sign in.
create or replace function bastide_keep_an_owner() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  if old.organization_id is null or old.role <> 'owner' then return null; end if;
  if tg_op = 'UPDATE' and new.role = 'owner' and new.organization_id = old.organization_id then return null; end if;
  perform 1 from organizations where id = old.organization_id for update;
  -- One who was disabled may go while another stays, and is not what is left.
  if not exists (select 1 from memberships m join accounts a on a.id = m.account_id
    where m.organization_id = old.organization_id and m.role = 'owner' and a.disabled_at is null) then
    raise exception 'the organization would have no owner' using errcode = 'check_violation', constraint = 'last_owner';
  end if;
  return null;
end $$;

-- An address that an operator took from an account: it takes no other by itself, and not this one again.
alter table accounts add column email_released text;
grant insert (email_released), update (email_released) on accounts to bastide_api;
