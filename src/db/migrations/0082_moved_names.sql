-- What a zone says of one organization says nothing of another: a project that moves takes its names along, and no proof.
create function bastide_move_names() returns trigger language plpgsql as $$
begin
  new.proven_at := null;
  return new;
end $$;
create trigger move_names before update of organization_id on domains
  for each row when (old.organization_id is distinct from new.organization_id) execute function bastide_move_names();
