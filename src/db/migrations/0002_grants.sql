-- Who may do what. The roles exist before the migrations run (the bring-up makes them):
-- bastide_owner owns the tables, bastide_api serves people, bastide_agent does the work.

revoke all on schema public from public;
grant usage on schema public to bastide_api, bastide_agent;
revoke all on all tables in schema public from public;

-- What the API may do: write what is wanted, ask for operations, read the outcome.
grant select, insert on organizations, projects to bastide_api;
grant update (request_limit) on projects to bastide_api;
grant select, insert on apps to bastide_api;
grant update (formation, maintenance, health_path, body_limit, deleted_at) on apps to bastide_api;
grant select, insert, update, delete on config_vars, domains to bastide_api;
grant select on certificates, stack_versions, nodes, cron_runs, replicas to bastide_api;
-- A build is asked for, not made up: its image and signature are the agent's to write, and so is every release.
grant select on builds, releases to bastide_api;
grant insert (id, organization_id, app_id, operation_id, source) on builds to bastide_api;
grant select, insert on operations to bastide_api;
grant update (cancel_requested_at) on operations to bastide_api;
grant select on operation_steps, operation_log to bastide_api;
grant select, insert on stream_chunks to bastide_api;
grant select, insert on audit_log to bastide_api;
grant select, insert on accounts, memberships, api_tokens to bastide_api;
grant update (last_used_at, revoked_at) on api_tokens to bastide_api;
grant select on bootstrap_tokens to bastide_api;
grant update (used_at) on bootstrap_tokens to bastide_api;

-- What the agent may do: record outcomes and facts. It cannot read API tokens.
grant select on organizations, projects, project_keys, apps, config_vars, domains, certificates, builds, releases,
  operations, operation_steps, operation_log, stream_chunks, audit_log, accounts, memberships, bootstrap_tokens,
  stack_versions, nodes, cron_runs, replicas to bastide_agent;
grant update (key_recipient) on projects to bastide_agent;
grant insert, update, delete on project_keys, certificates, stack_versions, nodes, cron_runs, replicas to bastide_agent;
grant update, delete on apps to bastide_agent;
grant delete on config_vars, domains to bastide_agent;
grant insert, update on builds, releases, operations, operation_steps to bastide_agent;
grant insert on operation_log, audit_log to bastide_agent;
grant insert, delete on stream_chunks, bootstrap_tokens to bastide_agent;

-- The second wall: rows of an organization are visible and writable only where the transaction is bound to it
-- (db/transaction.ts). `bastide.organization` holds one id, or several by comma for lists across memberships.
-- `bastide.plane`: operator (everything), sign-in (who is this?), or nothing.
create function bastide_bound(organization uuid) returns boolean language sql stable parallel safe as $$
  select coalesce(current_setting('bastide.plane', true), '') = 'operator'
    or organization = any (string_to_array(nullif(current_setting('bastide.organization', true), ''), ',')::uuid[])
$$;

do $$
declare t text;
begin
  foreach t in array array['projects', 'apps', 'config_vars', 'domains', 'builds', 'releases', 'operations', 'audit_log', 'replicas']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id))', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;

  -- Seen with the operation that they belong to.
  foreach t in array array['operation_steps', 'operation_log', 'stream_chunks']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to bastide_api using (exists (select 1 from operations o where o.id = operation_id)) with check (exists (select 1 from operations o where o.id = operation_id))', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;

  -- Read while signing in, before there is a tenant.
  foreach t in array array['accounts', 'api_tokens', 'bootstrap_tokens']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy plane on %I to bastide_api using (current_setting(''bastide.plane'', true) in (''operator'', ''sign-in'')) with check (current_setting(''bastide.plane'', true) in (''operator'', ''sign-in''))', t);
    execute format('create policy agent on %I to bastide_agent using (true) with check (true)', t);
  end loop;
end $$;

alter table organizations enable row level security;
create policy tenant on organizations to bastide_api using (bastide_bound(id)) with check (bastide_bound(id));
create policy sign_in on organizations for select to bastide_api using (current_setting('bastide.plane', true) = 'sign-in');
create policy agent on organizations to bastide_agent using (true) with check (true);

alter table memberships enable row level security;
create policy tenant on memberships to bastide_api using (bastide_bound(organization_id)) with check (bastide_bound(organization_id));
create policy sign_in on memberships for select to bastide_api using (current_setting('bastide.plane', true) = 'sign-in');
create policy agent on memberships to bastide_agent using (true) with check (true);

-- Sign-in writes what it did, also when it belongs to no organization.
create policy sign_in on audit_log for insert to bastide_api with check (current_setting('bastide.plane', true) = 'sign-in');

-- The audit log only grows: no right to change it was granted above, and the owner is stopped here.
create function audit_log_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on audit_log for each row execute function audit_log_is_append_only();
create trigger append_only_truncate before truncate on audit_log for each statement execute function audit_log_is_append_only();

-- Wake-up calls; the payload is the operation's id. A periodic sweep heals a lost one.
create function notify_operations() returns trigger language plpgsql as $$
begin
  perform pg_notify('bastide_operations', new.id::text);
  return null;
end $$;
create trigger notify_requested after insert or update of cancel_requested_at on operations
  for each row execute function notify_operations();

create function notify_log() returns trigger language plpgsql as $$
begin
  perform pg_notify('bastide_log', case tg_table_name when 'operations' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'operation_id' end);
  return null;
end $$;
create trigger notify_line after insert on operation_log for each row execute function notify_log();
create trigger notify_chunk after insert on stream_chunks for each row execute function notify_log();
create trigger notify_step after insert or update on operation_steps for each row execute function notify_log();
create trigger notify_status after update of status on operations for each row execute function notify_log();
