/**
 * MariaDB as databases of projects: what it promises is the port of all database engines. Beyond it:
 * - The server's own administrator is the account `mysql`, which only the server's operating-system user can be, by
 *   the local socket. No account of a customer's has a right beyond `<database>.*`.
 * - Views, routines, triggers and events name their maker. A dropped user that made some stays, locked and without a
 *   password, so that they go on working; `users` does not name it.
 * - A dump stops commits for as long as two sessions need to begin, and nothing after that.
 */
export type { DatabaseEngine, Session } from '../databases/port.ts';
