import { DATABASE, type Role, roles } from './postgres-config.ts';

/**
 * Makes the database and its roles, or brings them to this state. `verifiers` are SCRAM verifiers: base64 and a few
 * signs, so nothing in them ends a quoted string. For psql: `\\gexec` runs what a query gives, because a database
 * cannot be created inside a transaction.
 */
export function renderRoles(verifiers: Readonly<Record<Role, string>>): string {
  const lines = roles.flatMap((role) => [
    `SELECT 'CREATE ROLE ${role}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') \\gexec`,
    `ALTER ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '${verifiers[role]}';`,
  ]);
  return [
    '\\set ON_ERROR_STOP on',
    ...lines,
    `SELECT 'CREATE DATABASE ${DATABASE} OWNER bastide_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${DATABASE}') \\gexec`,
    `REVOKE ALL ON DATABASE ${DATABASE}, postgres, template1 FROM PUBLIC;`,
    `GRANT CONNECT ON DATABASE ${DATABASE} TO bastide_api, bastide_agent;`,
    `\\connect ${DATABASE}`,
    'ALTER SCHEMA public OWNER TO bastide_owner;',
    'REVOKE ALL ON SCHEMA public FROM PUBLIC;',
    '',
  ].join('\n');
}
