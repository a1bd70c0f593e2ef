import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import type { Instance } from '../databases/port.ts';
import * as commands from './commands.ts';
import {
  KeyCount,
  logFailed,
  logRuns,
  parseFacts,
  parseInfo,
  snapshotFailed,
  snapshotRuns,
} from './parse.ts';
import { redis } from './redis.ts';
import {
  renderCertificate,
  renderConfig,
  renderEnd,
  renderHeld,
  renderNobody,
  renderUser,
  verifierOf,
} from './render.ts';

const MIB = 1024 ** 2;
const instance: Instance = {
  id: '0190a0a0-0000-7000-8000-0123456789ab',
  name: 'shop-cache',
  version: '7.0',
  limits: { memoryBytes: 256 * MIB, cpus: 1, connections: 20, diskBytes: 1024 * MIB },
  host: 'shop-cache.db',
};
const credential = { user: redis.user(instance, 1), password: new Secret('p4ss') };

describe('the configuration of Redis', () => {
  const lines = renderConfig(instance).split('\n');

  it('names the certificate that a reload reads again', () => {
    expect(renderCertificate().join(' ')).toBe(
      'tls-cert-file /config/server.crt tls-key-file /config/server.key',
    );
    for (let n = 0; n < 4; n += 2)
      expect(lines).toContain(
        renderCertificate()
          .slice(n, n + 2)
          .join(' '),
      );
  });

  it('has no port in the clear, no module, and nothing for others but keys', () => {
    for (const line of ['port 0', 'tls-port 6379', 'enable-module-command no', 'enable-protected-configs no'])
      expect(lines).toContain(line);
    expect(lines).toContain('maxmemory 134217728');
    expect(lines).toContain('maxclients 30');
  });

  it('makes users with one password and no right over the server', () => {
    // sha256 of "p4ss", by another program.
    const verifier = verifierOf(credential.password);
    expect(verifier).toMatch(/^#[0-9a-f]{64}$/);
    const words = renderUser(verifier);
    expect(words.slice(0, 4)).toEqual(['reset', 'on', 'resetpass', verifier]);
    expect(words.indexOf('-@dangerous')).toBeGreaterThan(words.indexOf('+@all'));
    for (const right of ['+config', '+acl', '+debug', '+flushall', '+restore', '+migrate'])
      expect(words).not.toContain(right);
    expect(renderNobody().slice(0, 3)).toEqual(['default', 'reset', 'off']);
    expect(renderEnd('u')).toEqual(['CLIENT', 'KILL', 'USER', 'u']);
    expect(renderHeld(true).slice(0, 3)).toEqual(['-@write', '+del', '+unlink']);
    expect(renderUser('#0')).toEqual(['reset', 'on', 'resetpass', '#0', ...renderHeld(false)]);
  });

  it('is told to apps as a URL of verified TLS', () => {
    expect(redis.url(instance, credential, '/etc/bastide/ca.pem').reveal()).toBe(
      'rediss://u_0123456789ab_1:p4ss@shop-cache.db:6379/0?ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=/etc/bastide/ca.pem',
    );
  });
});

describe('commands of Redis', () => {
  it('hold no password', () => {
    const { argv, env } = commands.client(instance, credential);
    expect(argv.join(' ')).toBe(
      'redis-cli --no-auth-warning --tls --cacert /etc/bastide/ca.pem --sni shop-cache.db -h shop-cache.db -p 6379 --user u_0123456789ab_1',
    );
    expect(env.REDISCLI_AUTH).toBe(credential.password);
    expect(commands.administer('PING')).toEqual(['/usr/lib/bastide/admin', 'PING']);
  });

  it('read and write the snapshot in one place', () => {
    expect(commands.readSnapshot()).toEqual(['/bin/cat', '/data/dump.rdb']);
    expect(commands.useSnapshot()).toEqual(['/bin/mv', '/data/incoming.rdb', '/data/dump.rdb']);
    expect(commands.takeSnapshot()).toContain('of=/data/incoming.rdb');
    expect(commands.checkSnapshot()).toContain('/data/incoming.rdb');
    expect(commands.forgetSnapshot()).toContain('/data/incoming.rdb');
    expect(commands.keys()).toEqual(['/usr/lib/bastide/keys']);
  });
});

describe('answers of Redis', () => {
  it('are facts, or nothing', () => {
    const info = [
      '# Server',
      'redis_version:7.0.15',
      'used_memory:1000',
      'connected_clients:3',
      'keyspace_hits:3',
      'keyspace_misses:1',
      'cmdstat_get:calls=10,usec=50,usec_per_call=5.00,rejected_calls=0',
      'cmdstat_config|get:calls=1,usec=900,usec_per_call=900.00',
    ].join('\r\n');
    expect(parseFacts(info, 20)).toEqual({
      version: '7.0.15',
      sizeBytes: 1000,
      connections: 2,
      maxConnections: 20,
      cacheHit: 0.75,
      slow: [
        { query: 'CONFIG GET', calls: 1, meanMs: 0.9 },
        { query: 'GET', calls: 10, meanMs: 0.01 },
      ],
      extensions: [],
    });
    expect(parseFacts('what?', 20)).toBeUndefined();
    expect(parseInfo('a:b:c').get('a')).toBe('b:c');
  });

  it('say when a snapshot or a log is being made, and how it went', () => {
    expect(snapshotRuns('rdb_bgsave_in_progress:1\r\n')).toBe(true);
    expect(snapshotRuns('rdb_bgsave_in_progress:0\r\n')).toBe(false);
    expect(snapshotFailed('rdb_last_bgsave_status:err\r\n')).toBe(true);
    expect(snapshotFailed('rdb_last_bgsave_status:ok\r\n')).toBe(false);
    expect(logRuns('aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:1\r\n')).toBe(true);
    expect(logRuns('aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0\r\n')).toBe(false);
    expect(logFailed('aof_last_bgrewrite_status:ok\r\n')).toBe(false);
    expect(logFailed('')).toBe(true);
  });

  const digest = (n: number) => n.toString(16).padStart(40, '0');
  const count = (lines: readonly string[], pieces = 1) => {
    const keys = new KeyCount();
    const text = lines.map((line) => `${line}\n`).join('');
    const size = Math.ceil(text.length / pieces) || 1;
    for (let at = 0; at < text.length; at += size) keys.take(text.slice(at, at + size));
    return keys.manifest('functions');
  };

  it('count keys in any order and any pieces', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(15), fc.nat(1e6), fc.nat(1e6)), {
          maxLength: 20,
          selector: ([database, key]) => `${database} ${key}`,
        }),
        fc.integer({ min: 1, max: 40 }),
        (keys, pieces) => {
          const lines = keys.map(
            ([database, key, value]) => `${database} ${key.toString(16).padStart(6, '0')} ${digest(value)}`,
          );
          const made = count([...lines, 'end']);
          expect(count([...lines.reverse(), 'end'], pieces)).toEqual(made);
          expect(made?.tables.reduce((sum, { rows }) => sum + rows, 0)).toBe(keys.length);
        },
      ),
    );
  });

  it('notice another value, and an end that is missing', () => {
    const one = count([`0 aa ${digest(1)}`, 'end']);
    expect(count([`0 aa ${digest(2)}`, 'end'])).not.toEqual(one);
    expect(count([`1 aa ${digest(1)}`, 'end'])).not.toEqual(one);
    expect(count([`0 aa ${digest(1)}`])).toBeUndefined();
  });
});
