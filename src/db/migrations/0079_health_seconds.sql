-- How long a release gets to be healthy, where its source says so.
alter table releases add column health_seconds integer check (health_seconds between 5 and 900);
