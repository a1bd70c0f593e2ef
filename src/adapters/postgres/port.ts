/** PostgreSQL as databases of projects: what it promises is the port of all database engines. */
export type { DatabaseEngine, Session } from '../databases/port.ts';
