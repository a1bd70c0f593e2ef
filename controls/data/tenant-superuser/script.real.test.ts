import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runner } from '../../../src/adapters/exec/run.ts';
import { type RealDatabase, realDatabase } from '../../../src/db/testing.ts';
import { must } from '../../../src/kernel/refusal.ts';
import { REPORT } from '../../contract/inside.ts';
import { judge } from './judge.ts';
import { SCRIPT, STATEMENTS } from './script.ts';

/** The attack as it runs in a tenant's container, against PostgreSQL itself: a tenant's role, and roles that are too strong. */
let database: RealDatabase;
beforeAll(async () => {
  database = await realDatabase();
  await sql`create role tenant login`.execute(database.db);
  await sql`create role mighty login superuser`.execute(database.db);
  await sql`create role reader login in role pg_read_server_files`.execute(database.db);
  await sql`create database own owner tenant`.execute(database.db);
  await sql`grant create on database own to reader`.execute(database.db);
});
afterAll(() => database.close());

async function attackAs(role: string) {
  const url = `postgres:///own?host=${encodeURIComponent(database.socketDir)}&user=${role}`;
  const whole = `const input = ${JSON.stringify(STATEMENTS)};\n${REPORT}\n${SCRIPT}`;
  const ran = must(
    await runner.run({
      argv: [process.execPath, '--input-type=module', '--eval', whole],
      env: { DATABASE_URL: url },
      cwd: process.cwd(),
    }),
  );
  expect(ran.code, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout.slice(ran.stdout.indexOf('{'))) as {
    attempts: { what: string; refused: boolean }[];
  };
}

const through = ({ attempts }: Awaited<ReturnType<typeof attackAs>>) =>
  attempts.filter(({ refused }) => !refused).map(({ what }) => what);

it('everything is refused to a role of no rights beyond its own database', async () => {
  const world = await attackAs('tenant');
  expect(through(world)).toEqual([]);
  expect(judge(world)).toMatchObject({ verdict: 'held' });
});

it('a role that may read files is seen', async () => {
  const world = await attackAs('reader');
  expect(through(world)).toEqual(expect.arrayContaining(['read a file with copy']));
  expect(judge(world)).toMatchObject({ verdict: 'broken' });
});

it('a superuser is seen by nearly every statement', async () => {
  const world = await attackAs('mighty');
  expect(through(world).length).toBeGreaterThan(STATEMENTS.length / 2);
  expect(judge(world)).toMatchObject({ verdict: 'broken' });
});
