import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import type { Instance } from '../databases/port.ts';
import * as commands from './commands.ts';
import { mariadb } from './mariadb.ts';
import { databaseOf, userOf } from './names.ts';
import { header, parseColumns, parseHeader, parseInfo, parseMakers, parseRows, schemaHash } from './parse.ts';
import { renderConfig } from './render/config.ts';
import { renderAsk, renderColumns, renderHold, renderRows } from './render/queries.ts';
import { grantedDatabase, identifier, text } from './render/quote.ts';
import * as users from './render/users.ts';

const MIB = 1024 ** 2;
const instance: Instance = {
  id: '0190a0a0-0000-7000-8000-0123456789ab',
  name: 'shop-db',
  version: '10.11',
  limits: { memoryBytes: 256 * MIB, cpus: 1, connections: 20, diskBytes: 1024 * MIB },
  host: 'shop-db.db',
};
const password = new Secret('p4ss');
const credential = { user: 'u_0123456789ab_1', password };

describe('names of MariaDB', () => {
  it('are of the database, and unique as its id is', () => {
    expect(databaseOf(instance)).toBe('shop_db');
    expect(userOf(instance, 2)).toBe('u_0123456789ab_2');
  });

  it('are quoted so that no name ends its quotes', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const quoted = identifier(name);
        expect(quoted.slice(1, -1).replaceAll('``', '')).not.toContain('`');
      }),
    );
    expect(grantedDatabase('shop_db')).toBe('`shop\\_db`');
    expect(() => text("a'b")).toThrow();
  });
});

describe('commands of MariaDB', () => {
  const all = [
    commands.administer(),
    commands.dump(instance),
    commands.schema(instance),
    commands.restore(instance),
    commands.isReady(),
    commands.client(instance, credential).argv,
    commands.asking(instance, credential).argv,
  ];

  it("ask somebody's query as their own user, to read, and not for ever", () => {
    expect(commands.asking(instance, credential).argv.join(' ')).toContain(
      `--protocol=tcp --host=127.0.0.1 --port=3306 --user=${credential.user} --ssl --sandbox`,
    );
    expect(renderAsk('select 1 -- so', 60)).toBe(
      'SET SESSION max_statement_time = 60;\nSET SESSION TRANSACTION READ ONLY;\nSTART TRANSACTION READ ONLY;\nselect 1 -- so\n;\nROLLBACK;\n',
    );
  });

  it('read no option file, and say no password', () => {
    for (const argv of all) {
      expect(argv[1]).toBe('--no-defaults');
      expect(argv.join(' ')).not.toContain('p4ss');
    }
  });

  it('keep whoever sends statements from a shell and from files', () => {
    for (const argv of all.filter(([program]) => program === 'mariadb')) expect(argv).toContain('--sandbox');
  });

  it('dump one snapshot without comments', () => {
    expect(commands.dump(instance).join(' ')).toBe(
      'mariadb-dump --no-defaults --protocol=socket --socket=/run/mysqld/mysqld.sock --user=mysql --default-character-set=utf8mb4 --skip-comments --skip-lock-tables --routines --triggers --events --single-transaction --quick --hex-blob --max-allowed-packet=1G shop_db',
    );
  });

  it('read a dump back as one who has rights in the database only', () => {
    expect(commands.restore(instance)).toContain('--user=bastide_restore');
    expect(users.renderRestorer(instance, '*0')).toContain('ON `shop\\_db`.* TO bastide_restore@localhost');
    expect(users.renderRestorer(instance, '*0')).not.toContain('SUPER');
  });

  it('bring people in over verified TLS', () => {
    const { argv, env } = commands.client(instance, credential);
    expect(argv).toEqual(
      expect.arrayContaining([
        '--ssl-verify-server-cert',
        '--ssl-ca=/etc/bastide/ca.pem',
        '--host=shop-db.db',
      ]),
    );
    expect(env.MYSQL_PWD).toBe(password);
  });
});

describe('statements of MariaDB', () => {
  it('hold what the server keeps of a password and not the password', () => {
    // The example of the MySQL manual, PASSWORD('mypass').
    const verifier = users.verifierOf(new Secret('mypass'));
    expect(verifier).toBe('*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4');
    const made = users.renderSetUser(instance, credential.user, verifier);
    expect(made).toContain('REQUIRE SSL WITH MAX_USER_CONNECTIONS 20');
    expect(made).toContain('GRANT ALL PRIVILEGES ON `shop\\_db`.*');
    expect(made).not.toMatch(/\*\.\*|GRANT OPTION/);
  });

  it('drop nobody who is named as a maker', () => {
    expect(parseMakers('u_0123456789ab_1@%\nmysql@localhost\n')).toEqual({
      users: ['u_0123456789ab_1'],
      strange: ['mysql@localhost'],
    });
    expect(users.renderEndUser('u_0123456789ab_1')).not.toContain('DROP');
    expect(users.renderMakers(instance).match(/'shop_db'/g)).toHaveLength(4);
    expect(users.renderAbsentMaker(instance, 'u_0123456789ab_9')).toContain('ACCOUNT LOCK');
  });

  it('freeze and thaw the users that there are', () => {
    expect(users.renderFreeze(['u_0123456789ab_1'], true)).toContain('ACCOUNT LOCK');
    expect(users.renderFreeze(['u_0123456789ab_1'], false)).not.toContain('KILL');
    expect(users.renderUsers(instance)).toContain("'u_0123456789ab_'");
  });

  it('hold what adds and leave what reads and removes, for every user', () => {
    const held = users.renderHold(instance, ['u_0123456789ab_1'], true);
    expect(held).toBe(
      [
        "REVOKE INSERT, UPDATE, CREATE, ALTER, INDEX, REFERENCES, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE TEMPORARY TABLES, EVENT, TRIGGER ON `shop\\_db`.* FROM 'u_0123456789ab_1'@'%';",
        "KILL HARD USER 'u_0123456789ab_1'@'%';",
        'DO 0;',
        '',
      ].join('\n'),
    );
    expect(users.renderHold(instance, ['u_0123456789ab_1'], false)).toContain(
      "GRANT ALL PRIVILEGES ON `shop\\_db`.* TO 'u_0123456789ab_1'@'%';",
    );
    expect(users.renderWriters(true)).toContain("Insert_priv = 'Y'");
  });

  it('prepare the database and leave no account that nobody made', () => {
    expect(users.renderPrepare(instance)).toContain("DROP USER IF EXISTS ''@localhost, root@localhost");
    expect(users.renderPrepare(instance)).toContain('CREATE DATABASE IF NOT EXISTS `shop_db`');
  });

  it('hold back commits and definitions, not readers', () => {
    expect(renderHold()).toContain('BACKUP STAGE BLOCK_COMMIT');
    expect(renderHold()).not.toContain('FLUSH TABLES WITH READ LOCK');
  });
});

describe('the configuration of MariaDB', () => {
  it('asks for TLS, logs no statement, and reads and writes no file for anybody', () => {
    const config = renderConfig(instance);
    for (const line of [
      'require-secure-transport = ON',
      'local-infile = 0',
      'secure-file-priv = /data/files',
      'general-log = OFF',
      'slow-query-log = OFF',
      'max-connections = 30',
      'innodb-buffer-pool-size = 102M',
    ])
      expect(config.split('\n')).toContain(line);
  });

  it('holds the key as a secret', () => {
    const files = mariadb.files(instance, { certificate: 'C', key: new Secret('K'), ca: 'A' });
    expect(JSON.stringify(files)).not.toContain('"K"');
    expect(mariadb.url(instance, credential, '/etc/bastide/ca.pem').reveal()).toBe(
      'mysql://u_0123456789ab_1:p4ss@shop-db.db:3306/shop_db?ssl-mode=VERIFY_IDENTITY&ssl-ca=/etc/bastide/ca.pem',
    );
  });
});

describe('answers of MariaDB', () => {
  const hex = (word: string) => Buffer.from(word).toString('hex').toUpperCase();
  const tables = [
    { name: 'b\tä`', columns: ['x'] },
    { name: 'a', columns: ['id', 'y'] },
  ];

  it('name tables and columns whatever they are called', () => {
    const lines = tables.flatMap(({ name, columns }) =>
      columns.map((column) => `column\t${hex(name)}\t${hex(column)}`),
    );
    expect(parseColumns(lines)).toEqual(tables);
    expect(renderColumns(instance)).toContain("= 'shop_db'");
  });

  it('count and sum every table, or are no manifest', () => {
    const lines = [`table\t${hex('b\tä`')}\t2\t1-2`, `table\t${hex('a')}\t0\t0-0`];
    expect(parseRows(lines, tables)).toEqual([
      { name: 'a', rows: 0, checksum: '0-0' },
      { name: 'b\tä`', rows: 2, checksum: '1-2' },
    ]);
    expect(parseRows(lines.slice(1), tables)).toBeUndefined();
    const sql = renderRows(instance, tables);
    expect(sql).toContain('`shop_db`.`b\tä```');
    expect(sql.match(/COUNT\(\*\)/g)).toHaveLength(2);
  });

  it('are the same definitions wherever the numbering stands', () => {
    const table = (n: string, type: string) =>
      `CREATE TABLE \`a\` (\n \`id\` ${type}\n) ENGINE=InnoDB${n} DEFAULT CHARSET=utf8mb4;`;
    expect(schemaHash(table(' AUTO_INCREMENT=7', 'int'))).toBe(schemaHash(table('', 'int')));
    expect(schemaHash('DO SETVAL(`n`, 5, 0);')).toBe(schemaHash('DO SETVAL(`n`, 9, 0);'));
    expect(schemaHash(table('', 'int'))).not.toBe(schemaHash(table('', 'bigint')));
  });

  it('begin a dump with those whom its objects name', () => {
    for (const makers of [[], ['u_0123456789ab_1', 'u_0123456789ab_12', 'g_abcdefghijkl0123']])
      expect(parseHeader(header(makers).trimEnd())).toEqual(makers);
    for (const line of ['', '-- bastide: made by mysql', '/*!40101 SET NAMES utf8mb4 */;'])
      expect(parseHeader(line)).toBeUndefined();
  });

  it('are facts, or nothing', () => {
    const facts = {
      version: '10.11.19-MariaDB',
      sizeBytes: 1,
      connections: 2,
      reads: 4,
      misses: 1,
      slow: [],
    };
    expect(parseInfo(JSON.stringify(facts), 20)).toMatchObject({
      version: '10.11.19',
      cacheHit: 0.75,
      maxConnections: 20,
    });
    expect(parseInfo(JSON.stringify({ ...facts, reads: 0 }), 20)?.cacheHit).toBeNull();
    expect(parseInfo('what?', 20)).toBeUndefined();
  });
});
