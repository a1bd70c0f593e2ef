-- Something that the edge's routes follow from has changed: the agent looks at once, and seldom while nothing does.
create function notify_routes() returns trigger language plpgsql as $$
begin
  perform pg_notify('bastide_routes', '');
  return null;
end $$;

create trigger notify_routes after insert or delete or update of slot, maintenance, body_limit, deleted_at on apps
  for each statement execute function notify_routes();
create trigger notify_routes after insert or delete or update on domains
  for each statement execute function notify_routes();
create trigger notify_routes after insert or delete or update of traffic, health_path on releases
  for each statement execute function notify_routes();
create trigger notify_routes after update of request_limit on projects
  for each statement execute function notify_routes();
