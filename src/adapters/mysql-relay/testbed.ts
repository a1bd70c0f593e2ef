import { createHash } from 'node:crypto';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { must } from '../../kernel/refusal.ts';
import { runner } from '../exec/run.ts';
import type { Session } from '../pgbouncer/conformance.ts';
import { foreground, freePort, gatewayDirectory, listens, makeCertificates } from '../pgbouncer/testbed.ts';
import { CAN, OFFERED } from './capabilities.ts';
import { startMaria, UID } from './fixtures/maria.ts';
import { makeMysqlRelay } from './gateway.ts';
import { parseError } from './parse/handshake.ts';
import type { GatewayRoute } from './port.ts';
import { NATIVE, packet } from './render/packets.ts';
import { packetReader } from './wire.ts';

export const PASSWORD = 'correct-horse-battery';
export const hash = (password: string): string => {
  const once = createHash('sha1').update(password).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
};

/** How MariaDB's own client is asked for. */
export interface Ask {
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly tls?: boolean;
  readonly options?: readonly string[];
}

/** What MariaDB's own client answers: rows, or the words of its error. */
async function askBy(
  { port, directory }: { port: number; directory: string },
  sql: string,
  { user = 'g_one', password = PASSWORD, database = user.slice(2), tls = true, options = [] }: Ask = {},
): Promise<string> {
  const argv: [string, ...string[]] = [
    ...(['mariadb', '--no-defaults', '-h', '127.0.0.1', '-P', String(port), '-u', user, '-N', '-B'] as const),
    ...(tls ? [`--ssl-ca=${directory}/ca.crt`, '--ssl-verify-server-cert'] : ['--skip-ssl']),
    ...['--protocol=tcp', ...options, database],
  ];
  const ran = must(await runner.run({ argv, stdin: sql, env: { MYSQL_PWD: password }, timeoutMs: 60_000 }));
  return ran.code === 0 ? ran.stdout.trim() : ran.stderr.trim();
}

/** A session that stays open: MariaDB's client reads what is written to it. */
async function enter(port: number, ca: string, { user }: GatewayRoute): Promise<Session> {
  const raw = await rawLogin(port, ca, user, PASSWORD).catch((error: Error) => error.message);
  if (typeof raw === 'string') return raw;
  let broken = false;
  for (const event of ['close', 'error', 'end'] as const)
    raw.tls.on(event, () => {
      broken = true;
    });
  return {
    async alive() {
      if (broken) return false;
      raw.tls.write(packet(0, Buffer.from([0x0e]))); // ping
      return (await raw.reader.next())?.body[0] === 0;
    },
    end: async () => void raw.tls.destroy(),
  };
}

/** The handshake of a client, by hand: everything is in reach of the test. */
async function rawLogin(port: number, ca: string, user: string, password: string) {
  const tcp = connectTcp(port, '127.0.0.1');
  const plain = packetReader(tcp, 100_000);
  const hello = await plain.next();
  if (!hello) throw new Error('no greeting');
  const capabilities = (OFFERED & ~CAN.connectWithDb & ~CAN.connectAttributes) >>> 0;
  const head = Buffer.alloc(32);
  head.writeUInt32LE(capabilities, 0);
  head.writeUInt32LE(1 << 24, 4);
  head[8] = 45;
  tcp.write(packet(1, head));
  plain.release();
  const tls = connectTls({ socket: tcp, ca, servername: 'localhost' });
  await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
  tls.on('error', () => {});
  const reader = packetReader(tls, 100_000);
  tls.write(packet(2, head, Buffer.from(`${user}\0`), Buffer.from([0]), Buffer.from(`${NATIVE}\0`)));
  const turn = await reader.next();
  if (turn?.body[0] !== 0xfe) throw new Error(turn ? (parseError(turn.body)?.message ?? 'odd') : 'closed');
  const nonce = turn.body.subarray(turn.body.indexOf(0) + 1, turn.body.indexOf(0) + 21);
  const sha1 = (...parts: Buffer[]) => createHash('sha1').update(Buffer.concat(parts)).digest();
  const once = sha1(Buffer.from(password));
  const mask = sha1(nonce, sha1(once));
  tls.write(packet(turn.seq + 1, Buffer.from(once.map((byte, n) => byte ^ mask[n]!))));
  const said = await reader.next();
  if (said?.body[0] !== 0) {
    tls.destroy();
    throw new Error(said ? (parseError(said.body)?.message ?? 'odd') : 'closed');
  }
  return { tls, reader };
}

/** The relay as its program, before a MariaDB with the databases one and two and a user of each. */
export async function startBed() {
  const certificates = await makeCertificates();
  const maria = await startMaria(certificates);
  for (const name of ['one', 'two'])
    await maria.sql(
      `create database ${name}; create user g_${name}@'%' identified via mysql_native_password using '${hash(PASSWORD)}' ` +
        `require ssl; grant all on ${name}.* to g_${name}@'%';`,
    );
  const directory = await gatewayDirectory();
  await writeFile(join(directory, 'ca.crt'), certificates.ca);
  const [files, run] = [join(directory, 'files'), join(directory, 'run')];
  await mkdir(run, { mode: 0o700 });
  await chown(run, UID, UID);
  const port = await freePort();
  const program = join(import.meta.dirname, '../../main/gateway-mysql.ts');
  const relay = foreground([process.execPath, program], UID, {
    ready: () => listens(port),
    env: {
      BASTIDE_GATEWAY_FILES: files,
      BASTIDE_GATEWAY_STATUS: join(run, 'status.sock'),
      BASTIDE_GATEWAY_PORT: String(port),
      BASTIDE_GATEWAY_LISTEN: '127.0.0.1',
      BASTIDE_GATEWAY_HANDSHAKE_MS: '4000',
    },
  });
  const gateway = makeMysqlRelay({
    files: { directory: files, uid: UID },
    status: join(run, 'status.sock'),
    process: relay,
  });
  const route = (name: 'one' | 'two', source = '127.0.0.1'): GatewayRoute => ({
    user: `g_${name}`,
    verifier: hash(PASSWORD),
    source,
    until: '2040-01-01T00:00:00.000Z',
    backend: { host: '127.0.0.1', port: maria.port, database: name },
  });
  return {
    certificates,
    directory,
    port,
    relay,
    gateway,
    route,
    apply: (routes: readonly GatewayRoute[]) =>
      gateway.apply({ routes, certificate: certificates.gateway, ca: certificates.ca }),
    ask: (sql: string, asked?: Ask) => askBy({ port, directory }, sql, asked),
    enter: (one: GatewayRoute) => enter(port, certificates.ca, one),
    async close() {
      await relay.stop();
      await maria.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
export type Bed = Awaited<ReturnType<typeof startBed>>;
