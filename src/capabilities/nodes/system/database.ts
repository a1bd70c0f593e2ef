import { createHash, randomBytes } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../../adapters/docker/port.ts';
import { type DatabaseAddress, getsIn } from '../../../db/pool.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { scramVerifier } from '../../../kernel/scram.ts';
import type { Secret } from '../../../kernel/secret.ts';
import { paths } from '../../../main/paths.ts';
import { databaseFailed } from './errors.ts';
import { ensureFile, ensureSecret } from './files.ts';
import { DATABASE, type Role, renderHba, renderPostgresConf, roles } from './postgres-config.ts';
import { renderRoles } from './roles-sql.ts';
import { containers, initdbSpec, postgresBin, postgresPlaces, postgresSpec } from './specs.ts';
import { lastWords, untilEnded, untilHealthy } from './wait.ts';

const READABLE = { uid: 0, gid: 0, mode: 0o644 };

/** The password of a role, made once. */
export const passwordOf = (role: Role): Promise<Secret> =>
  ensureSecret(join(paths.secrets, `${role}.password`));

/** What the API keeps the seeds of authenticator apps under, made once; the recovery kit takes it along. */
export const accountsKey = (): Promise<Secret> => ensureSecret(join(paths.secrets, 'accounts.key'));

/** Where the database is, for a program on this host. */
export const addressOf = async (role: Role): Promise<DatabaseAddress> => ({
  socketDir: paths.postgresSocketDir,
  user: role,
  password: await passwordOf(role),
  database: DATABASE,
});

/**
 * PostgreSQL up with its database and roles. Idempotent; the data directory is made beside and renamed, so that a
 * half-made one is never taken for whole.
 * Refusals: `system_database_failed`, `system_part_unhealthy`, the engine's.
 */
export async function bringUpDatabase(engine: Engine, image: string): Promise<Outcome<void>> {
  const files = { 'postgresql.conf': renderPostgresConf(), 'pg_hba.conf': renderHba() };
  for (const [name, content] of Object.entries(files)) {
    await ensureFile(join(paths.postgresConfig, name), content, READABLE);
  }
  const config = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const made = await ensureData(engine, { image, config });
  if (isRefusal(made)) return made;
  const started = await engine.containerEnsure(postgresSpec({ image, config }));
  if (isRefusal(started)) return started;
  const ready = await untilHealthy(engine, 'postgres', () => notReady(engine));
  if (isRefusal(ready)) return ready;
  return (await everyRoleGetsIn()) ? undefined : ensureRoles(engine);
}

async function ensureData(engine: Engine, input: { image: string; config: string }): Promise<Outcome<void>> {
  const whole = await stat(join(paths.postgresData, 'main/PG_VERSION')).catch(() => undefined);
  if (whole) return;
  const spec = initdbSpec(input);
  const gone = await engine.containerRemove(spec.name);
  if (isRefusal(gone)) return gone;
  await rm(join(paths.postgresData, 'new'), { recursive: true, force: true });
  const started = await engine.containerEnsure(spec);
  if (isRefusal(started)) return started;
  const code = await untilEnded(engine, spec.name);
  if (isRefusal(code)) return code;
  if (code !== 0) return databaseFailed('initdb', await lastWords(engine, spec.name));
  await rename(join(paths.postgresData, 'new'), join(paths.postgresData, 'main'));
  return engine.containerRemove(spec.name);
}

async function notReady(engine: Engine): Promise<string | undefined> {
  const ran = await engine.exec(containers.postgres, [
    `${postgresBin}/pg_isready`,
    '-q',
    '-h',
    postgresPlaces.socket,
  ]);
  if (isRefusal(ran)) return ran.message;
  return ran.code === 0 ? undefined : `pg_isready says ${ran.code}`;
}

/** The fact that counts: each role can sign in with the password that we hold. */
async function everyRoleGetsIn(): Promise<boolean> {
  for (const role of roles) if (!(await getsIn(await addressOf(role)))) return false;
  return true;
}

async function ensureRoles(engine: Engine): Promise<Outcome<void>> {
  const verifiers: Record<string, string> = {};
  for (const role of roles) verifiers[role] = scramVerifier(await passwordOf(role), randomBytes(16));
  const psql = [
    `${postgresBin}/psql`,
    '-X',
    '-q',
    '-h',
    postgresPlaces.socket,
    '-U',
    'postgres',
    '-d',
    'postgres',
  ];
  const ran = await engine.exec(
    containers.postgres,
    [...psql, '-f', '-'],
    renderRoles(verifiers as Record<Role, string>),
  );
  if (isRefusal(ran)) return ran;
  if (ran.code !== 0) return databaseFailed('making the roles', ran.stderr.trim().split('\n').at(-1) ?? '');
}
