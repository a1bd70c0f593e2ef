import { randomBytes } from 'node:crypto';
import { chown, mkdir, rm } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { scramVerifier } from '../../kernel/scram.ts';
import { Secret } from '../../kernel/secret.ts';
import { gatewayConformance, type Session } from './conformance.ts';
import { makePgbouncer } from './gateway.ts';
import { type Attempts, readLine } from './parse.ts';
import type { GatewayRoute } from './port.ts';
import {
  foreground,
  freePort,
  gatewayDirectory,
  listens,
  makeCertificates,
  startPostgres,
  until,
} from './testbed.ts';

const UID = 65_001;
const PASSWORD = 'correct-horse';
let certificates: Awaited<ReturnType<typeof makeCertificates>>;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let directory: string;
let port: number;
let bouncer: ReturnType<typeof foreground>;
let gateway: ReturnType<typeof makePgbouncer>;

const verifiers = Object.fromEntries(
  ['one', 'two'].map((name) => [name, scramVerifier(new Secret(PASSWORD), randomBytes(16))]),
);
const route = (name: 'one' | 'two', source = '127.0.0.1'): GatewayRoute => ({
  user: `g_${name}`,
  verifier: verifiers[name]!,
  source,
  until: '2030-01-01T00:00:00.000Z',
  backend: { host: '127.0.0.1', port: postgres.port, database: name },
});
const apply = (routes: readonly GatewayRoute[]) =>
  gateway.apply({ routes, certificate: certificates.gateway, ca: certificates.ca });

interface Ask {
  readonly user?: string;
  readonly database?: string;
  readonly password?: string;
  readonly tls?: object | false;
}

async function client({ user = 'g_one', database, password = PASSWORD, tls = {} }: Ask): Promise<Client> {
  const made = new Client({
    host: '127.0.0.1',
    port,
    user,
    password,
    database: database ?? user,
    ssl: tls === false ? false : { ca: certificates.ca, servername: 'localhost', ...tls },
    connectionTimeoutMillis: 20_000,
  });
  made.on('error', () => {});
  await made.connect();
  return made;
}

/** The words with which a client is refused. */
const refusal = (ask: Ask): Promise<string> =>
  client(ask).then(
    async (made) => {
      await made.end();
      return 'it was let in';
    },
    (error: Error) => error.message,
  );

const ASK = 'select current_database() as database';
async function enter({ user }: GatewayRoute): Promise<Session> {
  const made = await client({ user }).catch((error: Error) => error.message);
  if (typeof made === 'string') return made;
  return {
    alive: () =>
      made.query(ASK).then(
        () => true,
        () => false,
      ),
    end: () => made.end(),
  };
}

beforeAll(async () => {
  certificates = await makeCertificates();
  postgres = await startPostgres(certificates);
  for (const [name, verifier] of Object.entries(verifiers))
    await postgres.sql(
      `create role g_${name} login password '${verifier}';\ncreate database ${name} owner g_${name};\n` +
        `revoke all on database ${name} from public;`,
    );
  directory = await gatewayDirectory();
  port = await freePort();
  const settings = {
    directory: join(directory, 'files'),
    listen: '127.0.0.1',
    port,
    socketDir: join(directory, 'run'),
  };
  await mkdir(settings.socketDir, { mode: 0o755 });
  await chown(settings.socketDir, UID, UID);
  bouncer = foreground(['/usr/sbin/pgbouncer', join(settings.directory, 'pgbouncer.ini')], UID, {
    ready: () => listens(port),
  });
  gateway = makePgbouncer({
    settings,
    files: { directory: settings.directory, uid: UID },
    process: bouncer,
  });
});
afterAll(async () => {
  await bouncer.stop();
  await postgres.close();
  await rm(directory, { recursive: true, force: true });
});

gatewayConformance('PgBouncer', () => ({ gateway, listening: () => listens(port), route, apply, enter }));

describe('a client of PgBouncer', () => {
  beforeAll(async () => void must(await apply([route('one'), route('two')])));

  it('reaches the one database of its route, over TLS on both sides', async () => {
    const made = await client({});
    const { rows } = await made.query(
      'select current_database() as d, current_user as u, ssl, version from pg_stat_ssl where pid = pg_backend_pid()',
    );
    expect(rows).toEqual([{ d: 'one', u: 'g_one', ssl: true, version: 'TLSv1.3' }]);
    await made.end();
  });

  it("cannot ask for another project's database, nor for the console", async () => {
    for (const database of ['g_two', 'two', 'postgres', 'template1'])
      expect(await refusal({ database })).toBe('login rejected');
    for (const user of ['root', 'pgbouncer', 'g_one', 'postgres'])
      expect(await refusal({ user, database: 'pgbouncer', password: '' })).not.toBe('it was let in');
  });

  it('cannot tell an unknown name from a wrong password', async () => {
    const wrong = await refusal({ password: 'wrong' });
    expect(wrong).toBe('SASL authentication failed');
    for (const user of ['g_nobody', 'one', 'postgres', '__proto__'])
      expect(await refusal({ user, password: 'wrong' })).toBe(wrong);
    expect(await refusal({ user: 'g_nobody', database: 'g_one' })).toBe(wrong);
    expect(await refusal({ user: 'g_two', password: 'wrong' })).toBe(wrong);
  });

  it('is refused without TLS, and with an older one', async () => {
    expect(await refusal({ tls: false })).toMatch(/SSL required/);
    expect(await refusal({ tls: { maxVersion: 'TLSv1.2' } })).toMatch(
      /alert|protocol|handshake|disconnected/i,
    );
  });

  it('checks the certificate of the gateway as it checks any other', async () => {
    expect(await refusal({ tls: { ca: undefined } })).toMatch(/certificate/);
  });

  it('is refused after the end of its role, though the gateway knows nothing of it', async () => {
    await postgres.sql("alter role g_two valid until '2020-01-01'");
    try {
      expect(await refusal({ user: 'g_two' })).not.toBe('it was let in');
    } finally {
      await postgres.sql("alter role g_two valid until 'infinity'");
    }
  });

  it('finds the certificate of the database checked: another authority is no way in', async () => {
    const other = await makeCertificates();
    must(await gateway.apply({ routes: [route('one')], certificate: certificates.gateway, ca: other.ca }));
    expect(await refusal({})).not.toBe('it was let in');
    must(await apply([route('one'), route('two')]));
    expect(await refusal({})).toBe('it was let in');
  });

  it('gets a new certificate to see without a restart', async () => {
    const before = bouncer.pid();
    const { gateway: next } = await makeCertificates();
    must(await gateway.apply({ routes: [route('one')], certificate: next, ca: certificates.ca }));
    expect(await refusal({})).toMatch(/certificate/);
    must(await apply([route('one'), route('two')]));
    expect(await refusal({})).toBe('it was let in');
    expect(bouncer.pid()).toBe(before);
  });
});

describe('an attacker before the login', () => {
  beforeAll(async () => void must(await apply([route('one')])));

  it('who says nothing, or half a word, is put out, and others come in meanwhile', async () => {
    const silent = connectTcp(port, '127.0.0.1');
    const half = connectTcp(port, '127.0.0.1', () => half.write(Buffer.from([0, 0, 0, 8, 4])));
    const gone = [silent, half].map(
      (socket) =>
        new Promise((resolve) => {
          socket.on('error', () => {});
          socket.on('data', () => {});
          socket.on('close', () => resolve(true));
        }),
    );
    expect(await refusal({})).toBe('it was let in');
    expect(await Promise.all(gone)).toEqual([true, true]);
  });

  it('who sends a packet that is too long, or nonsense, is put out', async () => {
    for (const bytes of [
      Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]),
      Buffer.alloc(70_000, 0x41),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ]) {
      const closed = await new Promise((resolve) => {
        const socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes));
        socket.on('error', () => {});
        socket.on('data', () => {});
        socket.on('close', () => resolve(true));
      });
      expect(closed).toBe(true);
    }
    expect(await refusal({})).toBe('it was let in');
  });

  it('whose startup packet comes in single bytes is served as anybody', async () => {
    const socket = connectTcp(port, '127.0.0.1');
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    for (const byte of [0, 0, 0, 8, 4, 210, 22, 47]) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toBe('S');
    const tls = connectTls({ socket, ca: certificates.ca, servername: 'localhost' });
    await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
    expect(tls.getProtocol()).toBe('TLSv1.3');
    tls.destroy();
  });
});

it('says in its log who came, who was refused and why', async () => {
  must(await apply([route('one')]));
  const from = bouncer.log.length;
  await refusal({});
  await refusal({ password: 'wrong' });
  await refusal({ tls: false });
  const read = () => {
    let attempts: Attempts = new Map();
    return bouncer.log.slice(from).flatMap((line) => {
      const next = readLine(attempts, line, '2026-01-01T00:00:00.000Z');
      attempts = next.attempts;
      return next.connections.map(({ kind, user, source, reason }) => [kind, user, source, reason]);
    });
  };
  await until(() => read().length >= 4);
  expect(read()).toEqual([
    ['opened', 'g_one', '127.0.0.1', undefined],
    ['closed', 'g_one', '127.0.0.1', 'client close request'],
    ['refused', 'g_one', '127.0.0.1', 'SASL authentication failed'],
    ['refused', undefined, '127.0.0.1', 'SSL required'],
  ]);
});

it('refuses a route that its files could not hold, and stays as it was', async () => {
  must(await apply([route('one')]));
  const refused = await apply([{ ...route('two'), user: 'x" "y' }]);
  expect(isRefusal(refused) && refused.code).toBe('gateway_route_invalid');
  expect(await refusal({})).toBe('it was let in');
});
