-- Whoever brings a token that was good once has not guessed it: 256 random bits were handed to him. Says nothing of whose
-- it was, and opens nothing.
create function bastide_was_token(token bytea) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from api_tokens where hash = token)
    or exists (select 1 from sessions where hash = token)
    or exists (select 1 from deploy_tokens where hash = token)
    or exists (select 1 from ssh_sessions where hash = token)
$$;
revoke all on function bastide_was_token(bytea) from public;
grant execute on function bastide_was_token(bytea) to bastide_api;
