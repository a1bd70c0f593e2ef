/**
 * Redis as databases of projects: what it promises is the port of all database engines. Beyond it:
 * - The platform's own user gets a new password at each start of the server, which never leaves its container.
 * - A customer's user may do anything with keys, and nothing with the server: no CONFIG, ACL, MODULE, DEBUG, REPLICAOF.
 * - A manifest is of the keys that stay: one that has an end is gone when it pleases, so it is not compared.
 * - For a dump, writes wait (they do not fail) while its keys are counted.
 */
export type { DatabaseEngine, Session } from '../databases/port.ts';
