import { describe, expect, it } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import type { Instance } from '../databases/port.ts';
import * as commands from './commands.ts';
import { parseInfo, parseManifest, parseSnapshot } from './parse.ts';
import { postgres } from './postgres.ts';
import { renderConf, renderHba } from './render/config.ts';
import { renderAsk } from './render/queries.ts';
import * as roles from './render/roles.ts';

const instance: Instance = {
  id: '0199a000-0000-7000-8000-0123456789ab',
  name: 'shop-db',
  version: '15',
  limits: { memoryBytes: 256 * 1024 ** 2, cpus: 1, connections: 20, diskBytes: 1024 ** 3 },
  host: 'shop-db.db',
};
const credential = { user: 'u_0123456789ab_1', password: new Secret('p/w') };

describe('commands', () => {
  it('dump and restore as the keeper of one database, in one snapshot and all at once', () => {
    expect(commands.dump(instance, '00000003-0000001B-1').join(' ')).toBe(
      'pg_dump --format=custom --compress=0 --no-owner --no-privileges --no-password --snapshot=00000003-0000001B-1 -h /run/postgresql -U m_0123456789ab -d shop_db',
    );
    expect(commands.restore(instance).join(' ')).toBe(
      'pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --no-password --role=o_0123456789ab -h /run/postgresql -U m_0123456789ab -d shop_db',
    );
  });

  it('are the superuser in its own database only', () => {
    expect(commands.psqlServer().join(' ')).toMatch(/-U postgres -d postgres -f -$/);
    expect(commands.psqlKeeper(instance).join(' ')).toMatch(/-U m_0123456789ab -d shop_db -f -$/);
  });

  it('give a person a client with a password in its environment and verified TLS', () => {
    const { argv, env } = commands.client(instance, credential);
    expect(argv).toEqual(['psql', '-X', '-v', 'ON_ERROR_STOP=1']);
    expect(env).toMatchObject({ PGHOST: 'shop-db.db', PGDATABASE: 'shop_db', PGSSLMODE: 'verify-full' });
  });
});

describe("somebody's query", () => {
  it('goes by the environment to the server, as the user of an app, and psql reads none of it', () => {
    const { argv, env } = commands.asking(instance, credential, '\\! id', 60);
    expect(argv.join(' ')).toBe('psql -X -A -t -q -v ON_ERROR_STOP=1 -F \t -f -');
    expect(env).toEqual({
      PGHOST: '127.0.0.1',
      PGPORT: '5432',
      PGUSER: 'u_0123456789ab_1',
      PGPASSWORD: credential.password,
      PGDATABASE: 'shop_db',
      PGSSLMODE: 'require',
      PGOPTIONS: '-c default_transaction_read_only=on -c statement_timeout=60s',
      BASTIDE_QUERY: '\\! id',
    });
    expect(renderAsk()).toBe(
      "BEGIN TRANSACTION READ ONLY;\n\\getenv query BASTIDE_QUERY\nSELECT :'query' \\gexec\nROLLBACK;\n",
    );
  });
});

describe('configuration', () => {
  it('keeps what people write out of the log, and TLS at 1.2 or newer', () => {
    const conf = renderConf(instance);
    for (const line of [
      'log_statement = none',
      'log_min_error_statement = panic',
      "ssl_min_protocol_version = 'TLSv1.2'",
      'archive_timeout = 60',
      'shared_buffers = 64MB',
      'max_connections = 33',
    ])
      expect(conf).toContain(`${line}\n`);
  });

  it('lets nobody in by the network but to its database, by TLS and scram', () => {
    const lines = renderHba(instance).split('\n');
    expect(lines.filter((line) => /^host(ssl)? /.test(line) && !line.endsWith('reject'))).toEqual([
      'hostssl "shop_db" all all scram-sha-256',
    ]);
    expect(lines.indexOf('host all postgres all reject')).toBeLessThan(
      lines.indexOf('hostssl "shop_db" all all scram-sha-256'),
    );
  });
});

describe('scripts', () => {
  it('carry a verifier and never a password, and refuse what could end a constant', () => {
    expect(roles.renderSetUser(instance, 'u_0123456789ab_1', 'SCRAM-SHA-256$4096:a$b:c')).toContain(
      "PASSWORD 'SCRAM-SHA-256$4096:a$b:c'",
    );
    expect(() => roles.renderSetUser(instance, 'u_0123456789ab_1', "x'; DROP")).toThrow();
    expect(() => roles.renderSetUser(instance, 'u"x', 'v')).toThrow();
    expect(() => roles.renderExtension(instance, 'x"; --', true)).toThrow();
  });
});

describe('holding writes', () => {
  it('sets what transactions begin with, but not for the platform, and ends sessions where that changes', () => {
    const held = roles.renderHold(instance, true);
    expect(held).toContain('ALTER DATABASE "shop_db" SET default_transaction_read_only = on;');
    expect(held).toMatch(/ALTER ROLE "\w+" IN DATABASE "shop_db" SET default_transaction_read_only = off;/);
    expect(held.indexOf('\\if :differs')).toBeLessThan(held.indexOf('pg_terminate_backend'));
    const released = roles.renderHold(instance, false);
    expect(released).toContain('ALTER DATABASE "shop_db" RESET default_transaction_read_only;');
    expect(released).not.toContain(' SET default_transaction_read_only');
  });
});

describe('answers', () => {
  it('are a manifest only when they are whole, in whatever order the schema came', () => {
    const whole = 'schema\tcolumn\tb\nschema\tfunction\tCREATE\n x\ntable\tpublic.a\t2\t17\nend\n';
    const turned = 'schema\tfunction\tCREATE\n x\nschema\tcolumn\tb\ntable\tpublic.a\t2\t17\nend\n';
    expect(parseManifest(whole)).toEqual(parseManifest(turned));
    expect(parseManifest(whole)?.tables).toEqual([{ name: 'public.a', rows: 2, checksum: '17' }]);
    expect(parseManifest(whole.replace('end\n', ''))).toBeUndefined();
    expect(parseManifest(whole.replace(' x', ' y'))?.schema).not.toBe(parseManifest(whole)?.schema);
  });

  it('name a snapshot, or nothing', () => {
    expect(parseSnapshot('snapshot\t00000003-0000001B-1')).toBe('00000003-0000001B-1');
    expect(parseSnapshot('snapshot\t1; DROP')).toBeUndefined();
  });

  it('are facts, or nothing', () => {
    const json = '{"version":"15.18 (Debian)","sizeBytes":1,"connections":0,"cacheHit":null,"slow":[]}';
    expect(parseInfo(json, 'citext\n', 20)).toMatchObject({
      version: '15.18',
      extensions: ['citext'],
      maxConnections: 20,
    });
    expect(parseInfo('{}', '', 20)).toBeUndefined();
  });
});

it('an address carries the name, the user and what to verify with', () => {
  expect(postgres.url(instance, credential, '/etc/bastide/ca.pem').reveal()).toBe(
    'postgres://u_0123456789ab_1:p%2Fw@shop-db.db:5432/shop_db?sslmode=verify-full&sslrootcert=/etc/bastide/ca.pem',
  );
});
