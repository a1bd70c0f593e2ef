-- What a database's files take, and whether its writes are held because its plan's disk is full.
alter table databases
  add column disk_bytes bigint,
  add column disk_seen_at timestamptz,
  add column writes_held boolean not null default false;
