-- What controls count, as one row of numbers each: the agent reads the numbers and none of the rows behind them.
create view credential_facts as select
  (select count(*) from accounts a where a.disabled_at is null
    and (exists (select 1 from account_passwords p where p.account_id = a.id)
      or exists (select 1 from passkeys k where k.account_id = a.id))) as people,
  (select count(*) from sessions s where s.level = 2 and s.factor is null and s.revoked_at is null and s.expires_at > now()) as bare,
  (select count(*) from api_tokens t where t.revoked_at is null and t.expires_at > greatest(now(), t.created_at + interval '366 days'))
    + (select count(*) from sessions s where s.revoked_at is null and s.expires_at > greatest(now(), s.created_at + interval '31 days'))
    as overlong;

create view ssh_facts as select
  (select count(*) from ssh_entries where opened_at is not null and closed_at is null) as entries,
  (select count(*) from ssh_entries where opened_at is not null and closed_at is null
    and least(until, coalesce(end_requested_at, until)) < now() - interval '1 minute') as overdue,
  (select count(*) from ssh_certificates where until > created_at + interval '16 minutes') as long,
  (select count(*) from ssh_certificates c join accounts a on a.id = c.account_id
    where c.created_at > now() - interval '14 days' and a.disabled_at is null
      and not exists (select 1 from totp_factors f where f.account_id = a.id and f.confirmed_at is not null)
      and not exists (select 1 from passkeys k where k.account_id = a.id)) as bare;

grant select on credential_facts, ssh_facts to bastide_agent;
