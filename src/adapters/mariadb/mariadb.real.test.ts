import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { databaseConformance } from '../databases/conformance.ts';
import type { Credential, Session } from '../databases/port.ts';
import { startServer, type TestServer, testCredential, testInstance } from '../databases/testbed.ts';
import { mariadb } from './mariadb.ts';

let server: TestServer;
let other: TestServer;
const never = new AbortController().signal;
const serverOf = (session: Session) => (session === server.session ? server : other);
const ask = (at: TestServer, credential: Credential, sql: string, args: readonly string[] = []) =>
  at.as(mariadb.client(at.session.instance, credential), sql, args);

beforeAll(async () => {
  server = await startServer(mariadb, testInstance('shop-db', '10.11'));
  other = await startServer(mariadb, testInstance('other-db', '10.11'));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
});

databaseConformance('MariaDB 10.11', () => ({
  engine: mariadb,
  session: server.session,
  other: other.session,
  getsIn: async (session, credential) => (await ask(serverOf(session), credential, 'SELECT 1;')).code === 0,
  async write(session, credential, what) {
    const said = await ask(
      serverOf(session),
      credential,
      `CREATE TABLE IF NOT EXISTS words (word varchar(100) NOT NULL); INSERT INTO words VALUES ('${what}');`,
    );
    if (said.code !== 0) throw new Error(said.stderr);
  },
}));

describe('MariaDB', () => {
  let mine: Credential;
  let asMe: (sql: string, args?: readonly string[]) => ReturnType<TestServer['as']>;
  const change = async (sql: string) => {
    const said = await asMe(sql);
    if (said.code !== 0) throw new Error(said.stderr);
  };
  beforeAll(async () => {
    mine = testCredential(mariadb, server.session.instance, 3);
    asMe = (sql, args) => ask(server, mine, sql, args);
    must(await mariadb.setUser(server.session, mine));
  });

  it('takes TLS with the right name only, and nobody in the clear', async () => {
    expect((await asMe("SHOW STATUS LIKE 'Ssl_version';")).stdout).toMatch(/TLSv1\.[23]/);
    const { argv, env } = mariadb.client(server.session.instance, mine);
    const clear = { argv: argv.filter((word) => !word.startsWith('--ssl')), env };
    expect((await server.as(clear, 'SELECT 1;', ['--skip-ssl'])).stderr).toMatch(
      /secure_transport|Access denied/,
    );
    expect((await asMe('SELECT 1;', ['--host=localhost'])).stderr).toMatch(/TLS\/SSL error|verif/i);
  });

  it('lets a person make room while its writes are held', async () => {
    await change('CREATE TABLE big (n int); INSERT INTO big VALUES (1), (2);');
    must(await mariadb.holdWrites(server.session, true));
    expect((await asMe('INSERT INTO big VALUES (3);')).stderr).toContain('INSERT command denied');
    expect((await asMe('CREATE TABLE more (n int);')).stderr).toContain('CREATE command denied');
    await change('DELETE FROM big WHERE n = 1; TRUNCATE big;');
    await change('DROP TABLE big;');
    must(await mariadb.holdWrites(server.session, false));
    await change('CREATE TABLE more (n int); DROP TABLE more;');
  });

  it('shows slow statements without their values, and keeps none in its log', async () => {
    await change("SELECT SLEEP(0.2), 'a-value-of-mine';");
    await asMe("SELEC 'a-value-of-mine';");
    const { slow } = must(await mariadb.info(server.session));
    expect(slow[0]?.query).toContain('SLEEP');
    expect(JSON.stringify(slow)).not.toContain('a-value-of-mine');
    expect(server.log()).not.toContain('a-value-of-mine');
    expect(server.log()).not.toContain(mine.password.reveal());
  });

  it('notices one changed value, one missing row, one doubled pair, one changed column', async () => {
    const seen = new Set<string>();
    const look = async () => seen.add(JSON.stringify(must(await mariadb.manifest(server.session, never))));
    await change(
      "CREATE TABLE odd (id int, `we``ird\tname` text, b blob, f float, j json, g geometry, ts timestamp NULL); INSERT INTO odd (id, b) VALUES (1, x'00ff'), (2, NULL), (3, ''), (3, '');",
    );
    await look();
    for (const sql of [
      "UPDATE odd SET b = x'00fe' WHERE id = 1;",
      "UPDATE odd SET b = '' WHERE id = 2;",
      'DELETE FROM odd WHERE id = 3;',
      'ALTER TABLE odd MODIFY f double;',
      'ALTER TABLE odd ADD INDEX (id);',
      'CREATE VIEW seen AS SELECT id FROM odd;',
      'CREATE TRIGGER watch BEFORE INSERT ON odd FOR EACH ROW SET NEW.f = 1;',
    ]) {
      await change(sql);
      await look();
    }
    expect(seen.size).toBe(8);
  });

  it('goes on showing what a user made that is gone, here and where the dump was read back', async () => {
    await change(
      'CREATE TABLE child (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES child (id)); CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN 2 * n; CREATE VIEW doubled AS SELECT twice(id) AS n FROM odd; CREATE SEQUENCE numbers;',
    );
    const next = testCredential(mariadb, server.session.instance, 4);
    must(await mariadb.setUser(server.session, next));
    must(await mariadb.dropUser(server.session, mine.user));
    expect(must(await mariadb.users(server.session))).not.toContain(mine.user);
    expect((await asMe('SELECT 1;')).code).not.toBe(0);
    for (const view of ['seen', 'doubled'])
      expect((await ask(server, next, `SELECT COUNT(*) FROM ${view};`)).code).toBe(0);

    const out = new PassThrough();
    const bytes = buffer(out);
    const manifest = must(await mariadb.dump(server.session, out, never));
    out.end();
    must(await mariadb.restore(other.session, Readable.from([await bytes]), never));
    expect(must(await mariadb.manifest(other.session, never))).toEqual(manifest);
    const there = testCredential(mariadb, other.session.instance, 5);
    must(await mariadb.setUser(other.session, there));
    expect((await ask(other, there, 'SELECT COUNT(*) FROM doubled;')).stdout).toContain('2');
    mine = next;
  });

  it('is dumped in one moment while it is written to', async () => {
    await change('CREATE TABLE pairs_a (n int PRIMARY KEY); CREATE TABLE pairs_b (n int PRIMARY KEY);');
    let n = 0;
    let writing = true;
    const writer = (async () => {
      while (writing) {
        const rows = Array.from({ length: 50 }, () => {
          n += 1;
          return `START TRANSACTION; INSERT INTO pairs_a VALUES (${n}); INSERT INTO pairs_b VALUES (${n}); COMMIT;`;
        });
        await change(rows.join('\n'));
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      const out = new PassThrough();
      const text = buffer(out);
      const { tables } = must(await mariadb.dump(server.session, out, never));
      out.end();
      const [a, b] = ['pairs_a', 'pairs_b'].map((name) => tables.find((table) => table.name === name)!);
      expect(a!.rows).toBe(b!.rows);
      const inserted = /INSERT INTO `pairs_a` VALUES\n?([^;]*);/.exec((await text).toString())?.[1] ?? '';
      expect(inserted === '' ? 0 : inserted.split('),').length).toBe(a!.rows);
    }
    writing = false;
    await writer;
    expect(n).toBeGreaterThan(0);
  });

  it('keeps what it has and whom it knows when it starts again', async () => {
    const before = must(await mariadb.manifest(server.session, never));
    await server.restart();
    must(await mariadb.prepare(server.session));
    expect(must(await mariadb.manifest(server.session, never))).toEqual(before);
    expect((await asMe('SELECT 1;')).code).toBe(0);
  });
});
