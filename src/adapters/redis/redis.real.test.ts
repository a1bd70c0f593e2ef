import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { databaseConformance } from '../databases/conformance.ts';
import type { Credential, Session } from '../databases/port.ts';
import { startServer, type TestServer, testCredential, testInstance } from '../databases/testbed.ts';
import { redis } from './redis.ts';

let server: TestServer;
let other: TestServer;
const never = new AbortController().signal;
const serverOf = (session: Session) => (session === server.session ? server : other);
const ask = (at: TestServer, credential: Credential, ...words: string[]) =>
  at.as(redis.client(at.session.instance, credential), '', ['-e', ...words]);

beforeAll(async () => {
  server = await startServer(redis, testInstance('shop-cache', '7.0'));
  other = await startServer(redis, testInstance('other-cache', '7.0'));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
});

databaseConformance('Redis 7.0', () => ({
  engine: redis,
  session: server.session,
  other: other.session,
  getsIn: async (session, credential) =>
    (await ask(serverOf(session), credential, 'PING')).stdout.includes('PONG'),
  async write(session, credential, what) {
    const said = await ask(serverOf(session), credential, 'RPUSH', 'words', what);
    if (said.code !== 0) throw new Error(said.stderr);
  },
}));

describe('Redis', () => {
  let mine: Credential;
  const asMe = (...words: string[]) => ask(server, mine, ...words);
  const dumped = async () => {
    const out = new PassThrough();
    const bytes = buffer(out);
    const manifest = must(await redis.dump(server.session, out, never));
    out.end();
    return { manifest, bytes: await bytes };
  };
  beforeAll(async () => {
    mine = testCredential(redis, server.session.instance, 3);
    must(await redis.setUser(server.session, mine));
  });

  it('lets a person make room while its writes are held', async () => {
    expect((await asMe('SET', 'big', 'value')).stdout).toContain('OK');
    must(await redis.holdWrites(server.session, true));
    const refused = await asMe('SET', 'more', 'value');
    expect(refused.stdout + refused.stderr).toContain('NOPERM');
    const scripted = await asMe('EVAL', "return redis.call('set', 'more', '1')", '0');
    expect(scripted.code).not.toBe(0);
    expect((await asMe('GET', 'big')).stdout).toContain('value');
    expect((await asMe('DEL', 'big')).stdout).toContain('1');
    must(await redis.holdWrites(server.session, false));
    expect((await asMe('SET', 'more', 'value')).stdout).toContain('OK');
    await asMe('DEL', 'more');
  });

  it('speaks TLS only', async () => {
    const { argv, env } = redis.client(server.session.instance, mine);
    const clear = argv.filter((word) => word !== '--tls');
    expect((await server.as({ argv: clear, env }, '', ['-e', 'PING'])).stdout).not.toContain('PONG');
    expect((await asMe('PING')).stdout).toContain('PONG');
  });

  it('notices one changed value of every kind, and no key that has an end', async () => {
    const seen = new Set<string>();
    const look = async () => seen.add(JSON.stringify(must(await redis.manifest(server.session, never))));
    for (const words of [
      ['SET', 'text', 'a'],
      ['SET', 'text', 'b'],
      ['HSET', 'hash', 'f', '1'],
      ['HSET', 'hash', 'f', '2'],
      ['ZADD', 'set', '1', 'm'],
      ['ZADD', 'set', '2', 'm'],
      ['XADD', 'stream', '1-1', 'f', 'v'],
      ['-n', '3', 'SET', 'text', 'a'],
    ]) {
      expect((await asMe(...words)).code).toBe(0);
      await look();
    }
    expect(seen.size).toBe(8);
    await asMe('SET', 'short', 'x', 'EX', '1000');
    await look();
    expect(seen.size).toBe(8);
  });

  it('is dumped in one moment while it is written to, and writers only wait', async () => {
    let writing = true;
    let n = 0;
    const writer = (async () => {
      while (writing) {
        const lines = Array.from({ length: 200 }, () => {
          n += 1;
          return `MULTI\nINCR a\nINCR b\nSET key:${n} ${n}\nEXEC\n`;
        });
        const said = await server.as(redis.client(server.session.instance, mine), lines.join(''));
        if (/ERR|NOPERM/.test(said.stdout + said.stderr)) throw new Error(said.stdout);
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      const { manifest, bytes } = await dumped();
      must(await redis.restore(other.session, Readable.from([bytes]), never));
      expect(must(await redis.manifest(other.session, never))).toEqual(manifest);
    }
    writing = false;
    await writer;
    expect(n).toBeGreaterThan(200);
  });

  it('keeps what it has and whom it knows when it starts again, with a new password for the platform', async () => {
    const password = async () => must(await server.session.run(['cat', '/run/redis/admin'])).stdout;
    const old = await password();
    const before = must(await redis.manifest(server.session, never));
    await server.restart();
    expect(await password()).not.toBe(old);
    expect(must(await redis.manifest(server.session, never))).toEqual(before);
    expect((await asMe('PING')).stdout).toContain('PONG');
  });

  it('keeps what it read back from a dump when it starts again', async () => {
    const { manifest, bytes } = await dumped();
    must(await redis.restore(other.session, Readable.from([bytes]), never));
    await other.restart();
    expect(must(await redis.manifest(other.session, never))).toEqual(manifest);
  });

  it('leaves no password in its log or its files', async () => {
    expect(server.log()).not.toContain(mine.password.reveal());
    const users = must(await server.session.run(['cat', '/data/users.acl'])).stdout;
    expect(users).toContain(mine.user);
    expect(users).not.toContain(mine.password.reveal());
  });
});

describe("a tenant's user of Redis", () => {
  let tenant: Credential;
  let almighty: Credential;
  beforeAll(async () => {
    tenant = testCredential(redis, server.session.instance, 8);
    almighty = testCredential(redis, server.session.instance, 9);
    for (const one of [tenant, almighty]) must(await redis.setUser(server.session, one));
    const given = await server.session.run([
      '/usr/lib/bastide/admin',
      'ACL',
      'SETUSER',
      almighty.user,
      '+@all',
    ]);
    expect(must(given).stdout).toContain('OK');
  });

  it.each([
    ['read the configuration', 'CONFIG GET maxmemory'],
    ['change it', 'CONFIG SET maxmemory-samples 5'],
    ['read the users', 'ACL LIST'],
    ['make a user', 'ACL SETUSER guest'],
    ['look inside', 'DEBUG DIGEST'],
    ['write a file', 'BGSAVE SCHEDULE'],
    ["watch others' commands", 'SLOWLOG GET'],
    ["see others' connections", 'CLIENT LIST'],
    ["end others' connections", 'CLIENT KILL USER nobody'],
    ['stop the others', 'CLIENT PAUSE 1'],
    ['clear every database', 'FLUSHALL'],
    ['become a replica', 'REPLICAOF NO ONE'],
    ['become a replica by its old name', 'SLAVEOF NO ONE'],
    ['see code', 'MODULE LIST'],
    ['swap databases', 'SWAPDB 14 15'],
    ['see where time goes', 'LATENCY LATEST'],
    ['copy to another server', 'MIGRATE 127.0.0.1 1 nokey 0 1'],
  ])('cannot %s', async (_what, line) => {
    const refused = await ask(server, tenant, ...line.split(' '));
    expect(refused.stdout + refused.stderr).toContain('NOPERM');
    // The same succeeds for one who has every right: it is the right that is missing, not the command.
    const possible = await ask(server, almighty, ...line.split(' '));
    expect(possible.stdout + possible.stderr).not.toMatch(/NOPERM|unknown/);
  });

  it.each(['EVAL', 'EVAL_RO'])('cannot do it from a script (%s) either', async (command) => {
    for (const call of ["'CONFIG','GET','maxmemory'", "'FLUSHALL'", "'ACL','LIST'"]) {
      const said = await ask(server, tenant, command, `return redis.call(${call})`, '0');
      expect(said.stdout + said.stderr).toMatch(
        /can't run this command|NOPERM|not allowed from script|Unknown Redis command/i,
      );
    }
  });

  it('cannot load code, and neither can one who has every right', async () => {
    for (const who of [tenant, almighty]) {
      const said = await ask(server, who, 'MODULE', 'LOAD', '/data/x.so');
      expect(said.stdout + said.stderr).toMatch(/NOPERM|not allowed/);
    }
  });

  it("is not the platform's user, nor the one without a name", async () => {
    for (const user of ['bastide', 'default']) {
      const said = await ask(server, { ...tenant, user }, 'PING');
      expect(said.stdout + said.stderr).toMatch(/WRONGPASS|NOAUTH/);
    }
  });

  it('reaches no key and no password beside its own: whoever runs a client in the container is nobody', async () => {
    for (const path of ['/run/redis/admin', '/config/server.key', '/data/users.acl']) {
      const said = await server.as({ argv: ['cat', path], env: {} }, '');
      expect(said.stderr).toContain('Permission denied');
    }
    expect(must(await server.session.run(['cat', '/run/redis/admin'])).code).toBe(0);
  });

  it('works: what apps ask for is allowed', async () => {
    for (const line of ['INFO', 'KEYS none*', 'CLIENT SETNAME x', 'EVAL return(1) 0', 'PUBLISH c m']) {
      const said = await ask(server, tenant, ...line.split(' '));
      expect(said.stdout + said.stderr).not.toMatch(/^(NOPERM|ERR)/m);
    }
  });
});
