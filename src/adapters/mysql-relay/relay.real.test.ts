import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import type { Started } from '../exec/port.ts';
import { runner } from '../exec/run.ts';
import { gatewayConformance, type Session } from '../pgbouncer/conformance.ts';
import {
  foreground,
  freePort,
  gatewayDirectory,
  listens,
  makeCertificates,
  until,
} from '../pgbouncer/testbed.ts';
import { CAN, OFFERED } from './capabilities.ts';
import { makeMysqlRelay } from './gateway.ts';
import { parseError } from './parse/handshake.ts';
import { readRelayLine } from './parse/log.ts';
import type { GatewayRoute } from './port.ts';
import { NATIVE, packet } from './render/packets.ts';
import { packetReader } from './wire.ts';

const UID = 65_001;
const PASSWORD = 'correct-horse-battery';
const hash = (password: string): string => {
  const once = createHash('sha1').update(password).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
};

let certificates: Awaited<ReturnType<typeof makeCertificates>>;
let maria: Awaited<ReturnType<typeof startMaria>>;
let directory: string;
let port: number;
let relay: ReturnType<typeof foreground>;
let gateway: ReturnType<typeof makeMysqlRelay>;

/** MariaDB with TLS on a high port of 127.0.0.1, with the databases one and two and a user of each. */
async function startMaria() {
  const root = await mkdtemp(join(tmpdir(), 'bastide-gate-my-'));
  await chown(root, UID, UID);
  const as = async (argv: [string, ...string[]], stdin?: string) => {
    const options = stdin === undefined ? {} : { stdin };
    const ran = must(await runner.run({ argv, uid: UID, gid: UID, cwd: root, ...options }));
    if (ran.code !== 0) throw new Error(`${argv[0]}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout;
  };
  const data = join(root, 'data');
  const install = ['--no-defaults', `--datadir=${data}`, '--skip-test-db', '--cross-bootstrap'];
  await as(['mariadb-install-db', ...install, '--auth-root-authentication-method=normal']);
  for (const [name, text] of [
    ['tls.crt', certificates.database.certificate],
    ['tls.key', certificates.database.key.reveal()],
  ] as const) {
    await writeFile(join(root, name), text);
    await chmod(join(root, name), 0o400);
    await chown(join(root, name), UID, UID);
  }
  const at = await freePort();
  const socket = join(root, 'sock');
  const argv: [string, ...string[]] = [
    ...(['mariadbd', '--no-defaults', `--datadir=${data}`, `--socket=${socket}`, `--port=${at}`] as const),
    ...['--bind-address=127.0.0.1', `--ssl-cert=${root}/tls.crt`, `--ssl-key=${root}/tls.key`],
    ...['--require-secure-transport=ON', '--tls-version=TLSv1.3', `--pid-file=${root}/pid`],
    ...['--innodb-buffer-pool-size=16M', '--innodb-flush-log-at-trx-commit=0', '--skip-name-resolve'],
  ];
  const said: string[] = [];
  const server: Started = runner.start(
    { argv, uid: UID, gid: UID, cwd: root, timeoutMs: 3_600_000 },
    (line) => said.push(line),
  );
  if (!(await until(() => listens(at))))
    throw new Error(`mariadbd does not start: ${said.slice(-5).join('\n')}`);
  const sql = (text: string) => as(['mariadb', '--no-defaults', '-u', 'root', '-S', socket, '-N'], text);
  return {
    port: at,
    sql,
    async close() {
      server.kill('SIGTERM');
      await server.done;
      await rm(root, { recursive: true, force: true });
    },
  };
}

const route = (name: 'one' | 'two', source = '127.0.0.1'): GatewayRoute => ({
  user: `g_${name}`,
  verifier: hash(PASSWORD),
  source,
  until: '2040-01-01T00:00:00.000Z',
  backend: { host: '127.0.0.1', port: maria.port, database: name },
});
const apply = (routes: readonly GatewayRoute[]) =>
  gateway.apply({ routes, certificate: certificates.gateway, ca: certificates.ca });

/** What MariaDB's own client answers: rows, or the words of its error. */
async function ask(
  sql: string,
  {
    user = 'g_one' as string,
    password = PASSWORD,
    database = user.slice(2) as string,
    tls = true,
    options = [] as string[],
  } = {},
): Promise<string> {
  const argv: [string, ...string[]] = [
    ...(['mariadb', '--no-defaults', '-h', '127.0.0.1', '-P', String(port), '-u', user, '-N', '-B'] as const),
    ...(tls ? [`--ssl-ca=${directory}/ca.crt`, '--ssl-verify-server-cert'] : ['--skip-ssl']),
    ...['--protocol=tcp', ...options, database],
  ];
  const ran = must(await runner.run({ argv, stdin: sql, env: { MYSQL_PWD: password }, timeoutMs: 60_000 }));
  return ran.code === 0 ? ran.stdout.trim() : ran.stderr.trim();
}
const DENIED = /ERROR 1045 \(28000\).*Access denied for user '[^']*' \(wrong name, password or address\)/;
/** The words without the name that was tried. */
const words = async (options: Parameters<typeof ask>[1]) =>
  (await ask('select 1', options)).replace(/user '[^']*'/, "user '?'");

/** A session that stays open: MariaDB's client reads what is written to it. */
async function enter({ user }: GatewayRoute): Promise<Session> {
  const raw = await rawLogin(user, PASSWORD).catch((error: Error) => error.message);
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
async function rawLogin(user: string, password: string) {
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
  const tls = connectTls({ socket: tcp, ca: certificates.ca, servername: 'localhost' });
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

beforeAll(async () => {
  certificates = await makeCertificates();
  maria = await startMaria();
  for (const name of ['one', 'two'])
    await maria.sql(
      `create database ${name}; create user g_${name}@'%' identified via mysql_native_password using '${hash(PASSWORD)}' ` +
        `require ssl; grant all on ${name}.* to g_${name}@'%';`,
    );
  directory = await gatewayDirectory();
  await writeFile(join(directory, 'ca.crt'), certificates.ca);
  const [files, run] = [join(directory, 'files'), join(directory, 'run')];
  await mkdir(run, { mode: 0o700 });
  await chown(run, UID, UID);
  port = await freePort();
  const program = join(import.meta.dirname, '../../main/gateway-mysql.ts');
  relay = foreground([process.execPath, program], UID, {
    ready: () => listens(port),
    env: {
      BASTIDE_GATEWAY_FILES: files,
      BASTIDE_GATEWAY_STATUS: join(run, 'status.sock'),
      BASTIDE_GATEWAY_PORT: String(port),
      BASTIDE_GATEWAY_LISTEN: '127.0.0.1',
      BASTIDE_GATEWAY_HANDSHAKE_MS: '4000',
    },
  });
  gateway = makeMysqlRelay({
    files: { directory: files, uid: UID },
    status: join(run, 'status.sock'),
    process: relay,
  });
});
afterAll(async () => {
  await relay.stop();
  await maria.close();
  await rm(directory, { recursive: true, force: true });
});

gatewayConformance("The relay for MySQL's protocol", () => ({
  gateway,
  listening: () => listens(port),
  route,
  apply,
  enter,
}));

describe("MariaDB's own client", () => {
  beforeAll(async () => void must(await apply([route('one'), route('two')])));

  it('reaches the database of its name, over TLS on both sides', async () => {
    expect(await ask("select database(), current_user(); show status like 'Ssl_version'")).toBe(
      'one\tg_one@%\nSsl_version\tTLSv1.3',
    );
  });

  it('moves megabytes in one packet, and prepares statements', async () => {
    await ask('create table big (b longblob)');
    const hex = randomBytes(2_000_000).toString('hex');
    const big = ['--max-allowed-packet=64M'];
    await ask(`insert into big values (x'${hex}')`, { options: big });
    expect(await ask('select sha2(b, 256), length(b) from big', { options: big })).toBe(
      `${createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex')}\t2000000`,
    );
    expect(await ask("prepare s from 'select ? + 1'; set @a = 41; execute s using @a")).toBe('42');
  });

  it('asks for compression in vain and gets on without', async () =>
    expect(await ask('select 1', { options: ['--compress'] })).toBe('1'));

  it("cannot reach another project's database", async () => {
    expect(await ask('select 1', { database: 'two' })).toMatch(/ERROR 1044.*Access denied/);
    expect(await ask('select 1', { database: 'mysql' })).toMatch(/ERROR 1044.*Access denied/);
    expect(await ask('select * from two.big')).toMatch(/ERROR 1142.*denied/);
    expect(await words({ user: 'root', database: 'mysql', password: '' })).not.toBe('1');
  });

  it('cannot tell an unknown name from a wrong password or a wrong address', async () => {
    must(await apply([route('one'), route('two', '203.0.113.7')]));
    const wrong = await words({ password: 'wrong' });
    expect(wrong).toMatch(DENIED);
    for (const user of ['g_nobody', 'root', '__proto__', 'constructor'])
      expect(await words({ user, database: 'one' })).toBe(wrong);
    expect(await words({ user: 'g_two' })).toBe(wrong);
    must(await apply([route('one'), route('two')]));
    expect(await words({ user: 'g_two' })).toBe('1');
  });

  it('is refused without TLS and with an older one, in words', async () => {
    expect(await ask('select 1', { tls: false })).toMatch(/ERROR 3159.*TLS only/);
    expect(await ask('select 1', { options: ['--tls-version=TLSv1.2'] })).toMatch(/ERROR 2026.*(TLS|SSL)/);
  });

  it('is refused after the end of its route, and an open session ends at it', async () => {
    const soon = new Date(Date.now() + 4000).toISOString();
    must(await apply([{ ...route('one'), until: soon }]));
    const session = await enter(route('one'));
    if (typeof session === 'string') throw new Error(session);
    expect(await session.alive()).toBe(true);
    expect(await until(async () => !(await session.alive()))).toBe(true);
    expect(await words({})).toMatch(DENIED);
    must(await apply([route('one'), route('two')]));
  });

  it('does not reach a database that shows another authority’s certificate', async () => {
    const other = await makeCertificates();
    must(await gateway.apply({ routes: [route('one')], certificate: certificates.gateway, ca: other.ca }));
    expect(await ask('select 1')).toMatch(/ERROR 1105.*does not answer/);
    must(await apply([route('one'), route('two')]));
  });

  it('is told when its credential has as many sessions as it may', async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => enter(route('one'))));
    expect(sessions.filter((session) => typeof session === 'string')).toEqual([]);
    expect(await ask('select 1')).toMatch(/ERROR 1226.*too many connections/);
    for (const session of sessions) if (typeof session !== 'string') await session.end();
    expect(await until(async () => (await ask('select 1')) === '1')).toBe(true);
  });
});

describe("other clients' libraries", () => {
  beforeAll(async () => void must(await apply([route('one')])));

  it("PHP's mysqli comes in, checks the certificate, and is refused as the others are", async () => {
    const script = join(directory, 'client.php');
    await writeFile(
      script,
      `<?php mysqli_report(MYSQLI_REPORT_OFF); [, $port, $password] = $argv; $m = mysqli_init();
      $m->ssl_set(null, null, '${directory}/ca.crt', null, null);
      $m->options(MYSQLI_OPT_SSL_VERIFY_SERVER_CERT, true);
      if (!@$m->real_connect('localhost.', 'g_one', $password, 'one', (int) $port, null, MYSQLI_CLIENT_SSL)) { echo $m->connect_error; exit; }
      $s = $m->prepare('select ? + 1, database()'); $n = 41; $s->bind_param('i', $n); $s->execute();
      echo implode(' ', $s->get_result()->fetch_row());`.replace('localhost.', '127.0.0.1'),
    );
    const php = async (password: string) =>
      must(await runner.run({ argv: ['php', script, String(port), password] })).stdout;
    expect(await php(PASSWORD)).toBe('42 one');
    expect(await php('wrong')).toMatch(/Access denied for user 'g_one' \(wrong name, password or address\)/);
  });
});

const closes = (socket: Socket | TLSSocket): Promise<Buffer> =>
  new Promise((resolve) => {
    const all: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => all.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(all)));
  });

describe('an attacker before the login', () => {
  beforeAll(async () => void must(await apply([route('one')])));

  it('who says nothing or single bytes is put out, and others come in meanwhile', async () => {
    const silent = connectTcp(port, '127.0.0.1');
    const half = connectTcp(port, '127.0.0.1', () => half.write(Buffer.from([32, 0, 0])));
    const gone = [closes(silent), closes(half)];
    expect(await ask('select 1')).toBe('1');
    await Promise.all(gone);
    const slow = () => relay.log.filter((line) => line.includes('too slow')).length;
    expect(await until(() => slow() === 2)).toBe(true);
  });

  it('who sends nonsense, a packet that is too long, or a login without TLS is put out', async () => {
    for (const bytes of [
      Buffer.from([0xff, 0xff, 0xff, 1, ...Buffer.alloc(40)]),
      Buffer.from([1, 0, 1, 1]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(300_000, 0x41),
      packet(1, Buffer.alloc(0)),
      packet(1, Buffer.alloc(32)),
    ]) {
      const socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes));
      await closes(socket);
    }
    expect(await ask('select 1')).toBe('1');
  });

  it('who puts commands behind his wish for TLS has them read as TLS and nothing else', async () => {
    const head = Buffer.alloc(32);
    head.writeUInt32LE(OFFERED, 0);
    const login = packet(2, head, Buffer.from('g_one\0'), Buffer.from([0]), Buffer.from(`${NATIVE}\0`));
    const socket = connectTcp(port, '127.0.0.1', () => socket.write(Buffer.concat([packet(1, head), login])));
    const said = await closes(socket);
    // The greeting, and an alert of TLS at most: no packet of the protocol answers.
    const rest = said.subarray(4 + said.readUIntLE(0, 3));
    expect(rest.length === 0 || rest[0] === 0x15).toBe(true);
  });

  it('whose packets come in single bytes is served as anybody', async () => {
    const tcp = connectTcp(port, '127.0.0.1');
    const plain = packetReader(tcp, 100_000);
    await plain.next();
    plain.release();
    const head = Buffer.alloc(32);
    head.writeUInt32LE(OFFERED & ~CAN.connectWithDb, 0);
    for (const byte of packet(1, head)) {
      tcp.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const tls = connectTls({ socket: tcp, ca: certificates.ca, servername: 'localhost' });
    await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
    const reader = packetReader(tls, 100_000);
    for (const byte of packet(2, head, Buffer.from('g_one\0\0'), Buffer.from(`${NATIVE}\0`)))
      tls.write(Buffer.from([byte]));
    expect((await reader.next())?.body[0]).toBe(0xfe);
    tls.destroy();
    expect(await until(() => relay.log.at(-1)!.includes('no proof'))).toBe(true);
  });
});

it('says in its log who came, who was refused and why, and never a password', async () => {
  must(await apply([route('one')]));
  const from = relay.log.length;
  await ask('select 1');
  await ask('select 1', { password: 'hunter2hunter2' });
  await ask('select 1', { tls: false });
  const read = () =>
    relay.log
      .slice(from)
      .flatMap((line) => readRelayLine(line) ?? [])
      .map(({ kind, user, reason }) => [kind, user, reason]);
  await until(() => read().length >= 4);
  expect(read()).toEqual([
    ['opened', 'g_one', undefined],
    ['closed', 'g_one', 'session ended'],
    ['refused', 'g_one', 'wrong password'],
    ['refused', undefined, 'TLS required'],
  ]);
  const all = relay.log.join('\n');
  for (const secret of [PASSWORD, 'hunter2hunter2', hash(PASSWORD)]) expect(all).not.toContain(secret);
});
