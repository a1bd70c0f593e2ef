import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { databaseConformance } from '../databases/conformance.ts';
import { instanceOf, type RealServer, realServer, versionOf } from './fixtures/server.ts';
import { postgres } from './postgres.ts';

let server: RealServer;
let other: RealServer;
const never = new AbortController().signal;

beforeAll(async () => {
  [server, other] = await Promise.all([
    realServer(instanceOf('shop-db')),
    realServer(instanceOf('other-db')),
  ]);
});
afterAll(async () => {
  await Promise.all([server?.close(), other?.close()]);
});

const serverOf = (session: RealServer['session']) => (session === server.session ? server : other);

databaseConformance('PostgreSQL 15', () => ({
  engine: postgres,
  session: server.session,
  other: other.session,
  getsIn: async (session, credential) => (await serverOf(session).ask(credential, 'SELECT 1;')).code === 0,
  async write(session, credential, what) {
    const said = await serverOf(session).ask(
      credential,
      `CREATE TABLE IF NOT EXISTS words (word text NOT NULL); INSERT INTO words VALUES ('${what}');`,
    );
    if (said.code !== 0) throw new Error(said.stderr);
  },
}));

describe('PostgreSQL', () => {
  const credential = () => ({
    user: postgres.user(server.session.instance, 3),
    password: new Secret('three'),
  });

  it('takes TLS 1.2 and newer with the right name only, and nobody in the clear', async () => {
    expect(await versionOf(server)).toBe('15\n');
    must(await postgres.setUser(server.session, credential()));
    const how = await server.ask(credential(), '\\conninfo');
    expect(how.stdout).toMatch(/SSL connection \(protocol: TLSv1\.[23]/);
    const clear = await server.ask(credential(), 'SELECT 1;', { PGSSLMODE: 'disable', PGSSLROOTCERT: '' });
    expect(clear.stderr).toMatch(/no encryption|pg_hba.conf rejects/);
    const wrong = await server.ask(credential(), 'SELECT 1;', { PGHOST: 'localhost' });
    expect(wrong.stderr).toMatch(/does not match host name/);
    const old = await server.ask(credential(), 'SELECT 1;', {
      PGSSLMAXPROTOCOLVERSION: 'TLSv1.1',
      PGSSLMINPROTOCOLVERSION: 'TLSv1.1',
    });
    expect(old.code).not.toBe(0);
  });

  it('switches a trusted extension on and off as the owner, and names it', async () => {
    for (const _ of [1, 2]) must(await postgres.setExtension(server.session, 'pg_trgm', true));
    expect(must(await postgres.info(server.session)).extensions).toEqual(['pg_trgm']);
    must(await postgres.setExtension(server.session, 'pg_trgm', false));
    expect(must(await postgres.info(server.session)).extensions).toEqual([]);
  });

  it('lets a person make room while its writes are held', async () => {
    await server.ask(credential(), 'CREATE TABLE big AS SELECT generate_series(1, 1000) AS n;');
    must(await postgres.holdWrites(server.session, true));
    const refused = await server.ask(credential(), 'DELETE FROM big;');
    expect(refused.stderr).toContain('read-only transaction');
    const room =
      'SET default_transaction_read_only = off; DELETE FROM big WHERE n > 10; VACUUM FULL big; TRUNCATE big;';
    expect((await server.ask(credential(), room)).stderr).not.toContain('ERROR');
    expect((await server.ask(credential(), 'SELECT count(*) FROM big;')).stdout.trim()).toContain('0');
    must(await postgres.holdWrites(server.session, false));
    await server.ask(credential(), 'DROP TABLE big;');
  });

  it('shows slow statements without their values, and keeps none in its log', async () => {
    await server.ask(credential(), "SELECT pg_sleep(2), 'a-value-of-mine';");
    const { slow } = must(await postgres.info(server.session));
    expect(slow[0]?.query).toContain('pg_sleep');
    expect(JSON.stringify(slow)).not.toContain('a-value-of-mine');
  });

  it('notices one changed value, one missing row, one changed column', async () => {
    const all: string[] = [];
    const look = async () => {
      all.push(JSON.stringify(must(await postgres.manifest(server.session, never))));
    };
    const change = async (sql: string) => {
      const said = await server.ask(credential(), sql);
      expect(said.stderr).toBe('');
      await look();
    };
    await change(
      'CREATE TABLE m (id int PRIMARY KEY, v text); INSERT INTO m SELECT i, i::text FROM generate_series(1, 1000) i;',
    );
    await change("UPDATE m SET v = 'x' WHERE id = 500;");
    await change('DELETE FROM m WHERE id = 500;');
    await change('ALTER TABLE m ADD CHECK (id > 0);');
    await change('CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;');
    expect(new Set(all).size).toBe(all.length);
    await look();
    expect(all.at(-1)).toBe(all.at(-2));
  });

  it('puts finished WAL into the spool', async () => {
    const psql = ['psql', '-X', '-qAt', '-h', '/run/postgresql', '-U', 'postgres', '-c'];
    must(await server.session.run([...psql, 'SELECT pg_switch_wal()']));
    await expect
      .poll(async () => must(await server.session.run(['ls', '/wal'])).stdout, { timeout: 10_000 })
      .toMatch(/^[0-9A-F]{24}$/m);
  });
});
