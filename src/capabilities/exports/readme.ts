/** README.md of every export: what is in it and how to read it with common tools. */
export const README = `# Export of a project

A tar archive. manifest.json, its last file, has the size and the SHA-256 of every other one.

| path | what | format | read it with |
|---|---|---|---|
| project.json | project, apps, formation, domains, releases, names of config vars, databases, volumes, object stores (where they are; what is in them lies at their provider) | JSON | anything |
| config-values.age | values of config vars; only where they were asked for | age (age-encryption.org/v1), JSON inside | age -d -i IDENTITY |
| images/APP/ | the image that was live | OCI image layout 1.0 | skopeo copy oci:images/APP docker-daemon:APP:latest |
| databases/NAME/dump.postgres | all of a PostgreSQL database | pg_dump custom format | pg_restore |
| databases/NAME/dump.mariadb | all of a MariaDB database | SQL | mariadb |
| databases/NAME/dump.redis | all of a Redis database | RDB or commands, see the file | redis-server, redis-cli |
| databases/NAME/manifest.json | schema hash; rows and checksum of each table, of the dump's own snapshot | JSON | anything |
| volumes/NAME/ | files of a volume | files | tar |
| logs/APP.log | what its processes wrote last | text | anything |
| operations.jsonl | operations with their steps | JSON lines | anything |
`;
