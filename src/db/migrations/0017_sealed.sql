-- Nothing new is sealed to an old key. Whoever stores a sealed text holds the project's row for the rest of the
-- transaction, so that a rotation waits for it; and a text that begins with the name of a generation which is no longer
-- current is refused, whoever brings it. So a generation that nothing is sealed to stays that way and can be destroyed.
-- Arguments: the column, `text` or `map`, and the table that knows the project (`self`) with the column that leads there.

create function bastide_sealed_to_current() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
declare
  value jsonb := to_jsonb(new) -> tg_argv[0];
  project uuid;
  texts text[];
begin
  if value is null or value = 'null'::jsonb then return new; end if;
  if tg_op = 'UPDATE' and value = to_jsonb(old) -> tg_argv[0] then return new; end if;
  if tg_argv[2] = 'self' then
    project := (to_jsonb(new) ->> tg_argv[3])::uuid;
  else
    execute format('select project_id from %I where id = $1', tg_argv[2]) into project
      using (to_jsonb(new) ->> tg_argv[3])::uuid;
  end if;
  if project is null then return new; end if;
  perform 1 from projects where id = project for share;
  if tg_argv[1] = 'map' then
    select array_agg(e.value ->> 'sealed') into texts from jsonb_each(value) e;
  else
    texts := array[value #>> '{}'];
  end if;
  if exists (
    select from project_keys k, unnest(texts) t where k.project_id = project
      and (k.superseded_at is not null or k.destroyed_at is not null) and t like k.key_id || '.%'
  ) then
    raise exception 'the value is sealed to an old generation of the project''s key' using errcode = 'serialization_failure';
  end if;
  return new;
end $$;

create trigger sealed_to_current before insert or update of sealed on config_vars
  for each row execute function bastide_sealed_to_current('sealed', 'text', 'apps', 'app_id');
create trigger sealed_to_current before insert or update of config on releases
  for each row execute function bastide_sealed_to_current('config', 'map', 'apps', 'app_id');
create trigger sealed_to_current before insert or update of sealed_key on project_storage
  for each row execute function bastide_sealed_to_current('sealed_key', 'text', 'self', 'project_id');
create trigger sealed_to_current before insert or update of sealed on database_credentials
  for each row execute function bastide_sealed_to_current('sealed', 'text', 'databases', 'database_id');
create trigger sealed_to_current before insert or update of sealed_key on repositories
  for each row execute function bastide_sealed_to_current('sealed_key', 'text', 'self', 'project_id');
