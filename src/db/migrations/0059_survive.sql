-- What a vault can tell a platform that came back from before its newest backups, and what is kept of that.

-- Every snapshot carries the platform's signature from then on; before it, what an operation of ours made was taken to be ours.
alter table repositories add column signed_from timestamptz not null default now();
-- When its line of the list was put into the vault beside it, signed; null: not yet.
alter table backups add column listed_at timestamptz;
-- When it was taken over from the vault's copy of the list: the platform came back from before it.
alter table backups add column adopted_at timestamptz;
