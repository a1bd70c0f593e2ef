import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import type { Credential } from '../databases/port.ts';
import { startServer, type TestServer, testCredential, testInstance } from '../databases/testbed.ts';
import { mariadb } from './mariadb.ts';

let server: TestServer;
let tenant: Credential;
/** The same attacks succeed for one who has every right: what holds is the missing right, not a mistake in the attack. */
let almighty: Credential;

const attack = (who: Credential, sql: string) => server.as(mariadb.client(server.session.instance, who), sql);

beforeAll(async () => {
  server = await startServer(mariadb, testInstance('shop-db', '10.11'));
  must(await mariadb.prepare(server.session));
  tenant = testCredential(mariadb, server.session.instance, 1);
  almighty = testCredential(mariadb, server.session.instance, 2);
  for (const one of [tenant, almighty]) must(await mariadb.setUser(server.session, one));
  const granted = await server.session.run(
    ['mariadb', '--no-defaults', '--socket=/run/mysqld/mysqld.sock', '--user=mysql'],
    `CREATE DATABASE neighbour; CREATE TABLE neighbour.t (a int); INSERT INTO neighbour.t VALUES (1);
     GRANT ALL PRIVILEGES ON *.* TO '${almighty.user}'@'%' WITH GRANT OPTION;`,
  );
  expect(must(granted).code).toBe(0);
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe("a tenant's user of MariaDB", () => {
  it.each([
    ['write a file', "SELECT 1 INTO OUTFILE '/data/files/attack.txt';"],
    [
      'read a file',
      "SELECT IF(LENGTH(LOAD_FILE('/data/files/attack.txt')) > 0, 'had', (SELECT 1 UNION SELECT 2));",
    ],
    [
      'load a file',
      "CREATE TABLE IF NOT EXISTS loaded (a text); LOAD DATA INFILE '/data/files/attack.txt' INTO TABLE loaded;",
    ],
    ["read the server's accounts", 'SELECT * FROM mysql.global_priv;'],
    ["write the server's accounts", 'UPDATE mysql.global_priv SET Priv = Priv;'],
    ["read others' statements", 'SELECT * FROM performance_schema.events_statements_summary_by_digest;'],
    ['read another database', 'SELECT * FROM neighbour.t;'],
    ['make a database', 'CREATE DATABASE more; DROP DATABASE more;'],
    ['make a database with a name like its own', 'CREATE DATABASE shopxdb; DROP DATABASE shopxdb;'],
    ['make a user', "CREATE USER guest@'%'; DROP USER guest@'%';"],
    [
      'give rights away',
      'CREATE TABLE IF NOT EXISTS gift (a int); GRANT SELECT ON shop_db.* TO mysql@localhost;',
    ],
    ['change the server', 'SET GLOBAL general_log = OFF;'],
    ['log to a file of its own', "SET GLOBAL general_log_file = '/data/files/log';"],
    ['load code', "INSTALL SONAME 'auth_ed25519';"],
    ['unload code', "SET GLOBAL event_scheduler = OFF; UNINSTALL SONAME 'nothing';"],
    ['make a function of foreign code', "CREATE FUNCTION sys_eval RETURNS STRING SONAME 'udf.so';"],
    [
      'make something that belongs to the administrator',
      'CREATE DEFINER = mysql@localhost PROCEDURE become() SELECT 1; DROP PROCEDURE become;',
    ],
    ['become a replica', "CHANGE MASTER TO MASTER_HOST = '203.0.113.1';"],
    ["read the server's log of changes", 'SHOW MASTER STATUS; SHOW BINARY LOGS;'],
    ['hold back everybody', 'FLUSH TABLES WITH READ LOCK; UNLOCK TABLES;'],
    ['stop the server from writing', 'SET GLOBAL read_only = OFF;'],
  ])('cannot %s', async (_what, sql) => {
    const refused = await attack(tenant, sql);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/ERROR (1044|1045|1142|1227|1105|1290|1242|1410|1370)/);
    const possible = await attack(almighty, sql);
    // Some need more than rights, which this server does not have either; for none of them is it the rights.
    if (possible.code !== 0)
      expect(possible.stderr).toMatch(/ERROR (1125|1126|1127|1201|1305|1381|1524|1290|1418)/);
  });

  it("cannot end the platform's connections", async () => {
    const open = server.session.run(
      [
        'mariadb',
        '--no-defaults',
        '--socket=/run/mysqld/mysqld.sock',
        '--user=mysql',
        '--skip-column-names',
        '--unbuffered',
      ],
      "SELECT CONNECTION_ID(); SELECT 'slept', SLEEP(3);",
    );
    const found = async (): Promise<string> => {
      const seen = await attack(
        almighty,
        "SELECT CONCAT('id=', id) FROM information_schema.processlist WHERE info LIKE '%slept%' AND user = 'mysql';",
      );
      return /id=(\d+)/.exec(seen.stdout)?.[1] ?? found();
    };
    const id = await found();
    expect((await attack(tenant, `KILL ${id};`)).stderr).toMatch(/ERROR (1094|1095|1227)/);
    expect((await attack(tenant, "KILL USER 'mysql'@'localhost';")).stderr).not.toContain('Lost');
    expect(must(await open).stdout).toContain('slept');
  });

  it('cannot stop the server', async () => {
    expect((await attack(tenant, 'SHUTDOWN;')).stderr).toContain('ERROR 1227');
    expect(must(await mariadb.ready(server.session))).toBe(true);
  });

  it.each([
    ['a shell', '\\! id\n'],
    ['a file', '\\. /config/server.cnf\n'],
    ['a copy of what it says', '\\T /tmp/x\n'],
  ])('gets no %s from the client program', async (_what, command) => {
    expect((await attack(tenant, command)).stderr).toContain('sandbox');
  });

  it('cannot send a file of where the client runs', async () => {
    const sql =
      "CREATE TABLE IF NOT EXISTS sent (a text); LOAD DATA LOCAL INFILE '/etc/hosts' INTO TABLE sent;";
    expect((await attack(tenant, sql)).stderr).toMatch(/ERROR (1148|4166)/);
  });

  it('reaches no key and no password beside its own: whoever runs a client in the container is nobody', async () => {
    const peek = (path: string) => server.as({ argv: ['cat', path], env: {} }, '');
    for (const path of ['/config/server.key', '/config/server.cnf', '/data/main/ibdata1'])
      expect((await peek(path)).stderr).toContain('Permission denied');
    const root = await server.as(
      { argv: ['mariadb', '--no-defaults', '--socket=/run/mysqld/mysqld.sock', '--user=mysql'], env: {} },
      'SELECT 1;',
    );
    expect(root.stderr).toContain('ERROR 1698');
    // The server's own user could: it is not the files that are missing.
    expect(must(await server.session.run(['cat', '/config/server.key'])).code).toBe(0);
  });

  it('has a limit of connections of its own', async () => {
    const shown = await attack(tenant, 'SELECT @@max_user_connections;');
    expect(shown.stdout).toContain('20');
  });
});
