import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import type { Started } from '../exec/port.ts';
import { runner } from '../exec/run.ts';
import { makeMemoryPki } from '../pki/memory.ts';
import type { Gateway, GatewayProcess, GatewayRoute } from './port.ts';

/** A port that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

export async function until(question: () => Promise<boolean> | boolean): Promise<boolean> {
  for (let left = 200; left > 0; left -= 1) {
    if (await question()) return true;
    await sleep(50);
  }
  return false;
}

/** An authority, what the gateway shows, and what databases at 127.0.0.1 show. */
export async function makeCertificates(addresses = ['127.0.0.1']) {
  const pki = makeMemoryPki();
  const leaf = async (commonName: string) =>
    must(await pki.issue({ commonName, hosts: ['localhost'], addresses, usage: 'server', days: 30 }));
  const [gateway, database] = [await leaf('gateway'), await leaf('database')];
  return {
    ca: must(await pki.root()).certificate,
    gateway: { chain: gateway.certificate, key: gateway.key },
    database,
  };
}

/** A program in the foreground, as the container of a gateway runs it. */
export function foreground(
  argv: [string, ...string[]],
  uid: number,
  options: { ready: () => Promise<boolean>; env?: Readonly<Record<string, string>> },
): GatewayProcess & { readonly log: string[]; pid(): number | undefined } {
  const log: string[] = [];
  let started: Started | undefined;
  return {
    log,
    pid: () => started?.pid,
    running: async () => started !== undefined,
    async start() {
      const env = options.env ?? {};
      started = runner.start({ argv, uid, gid: uid, env, timeoutMs: 3_600_000 }, (line) => log.push(line));
      if (!(await until(options.ready))) throw new Error(`it does not start: ${log.slice(-5).join('\n')}`);
    },
    async reload() {
      started?.kill('SIGHUP');
    },
    async stop() {
      started?.kill('SIGTERM');
      await started?.done;
      started = undefined;
    },
  };
}

export interface World {
  readonly gateway: Gateway;
  readonly port: number;
  readonly ca: string;
  readonly log: readonly string[];
  readonly directory: string;
  apply(routes: readonly GatewayRoute[]): ReturnType<Gateway['apply']>;
  close(): Promise<void>;
}

const BIN = '/usr/lib/postgresql/15/bin';

/** PostgreSQL 15 with TLS on a high port of 127.0.0.1, with the databases one and two and a user of each. */
export async function startPostgres(certificates: Awaited<ReturnType<typeof makeCertificates>>) {
  const directory = await mkdtemp(join(tmpdir(), 'bastide-gate-pg-'));
  const id = async (flag: string) =>
    Number(must(await runner.run({ argv: ['id', flag, 'postgres'] })).stdout.trim());
  const [uid, gid] = [await id('-u'), await id('-g')];
  await chown(directory, uid, gid);
  const as = async (argv: [string, ...string[]], stdin?: string) => {
    const ran = await runner.run({ argv, uid, gid, ...(stdin === undefined ? {} : { stdin }) });
    if (isRefusal(ran) || ran.code !== 0) throw new Error(JSON.stringify(ran));
    return ran.stdout;
  };
  const data = join(directory, 'data');
  await as([
    `${BIN}/initdb`,
    '-D',
    data,
    '--auth-local=peer',
    '--auth-host=reject',
    '--no-sync',
    '-E',
    'UTF8',
  ]);
  const port = await freePort();
  const { certificate, key } = certificates.database;
  for (const [name, text] of [
    ['tls.crt', certificate],
    ['tls.key', key.reveal()],
    ['pg_hba.conf', 'local all postgres peer\nhostssl all all 127.0.0.1/32 scram-sha-256\n'],
    [
      'postgresql.auto.conf',
      [
        `port = ${port}`,
        "listen_addresses = '127.0.0.1'",
        `unix_socket_directories = '${directory}'`,
        'ssl = on',
        "ssl_cert_file = 'tls.crt'",
        "ssl_key_file = 'tls.key'",
        'fsync = off',
        '',
      ].join('\n'),
    ],
  ] as const) {
    await writeFile(join(data, name), text);
    await chmod(join(data, name), 0o600);
    await chown(join(data, name), uid, gid);
  }
  await as([`${BIN}/pg_ctl`, '-D', data, '-w', '-l', join(directory, 'log'), 'start']);
  const sql = (text: string, database = 'postgres') =>
    as(['psql', '-h', directory, '-p', String(port), '-d', database, '-v', 'ON_ERROR_STOP=1', '-qAt'], text);
  return {
    port,
    sql,
    async close() {
      await as([`${BIN}/pg_ctl`, '-D', data, '-m', 'immediate', '-w', 'stop']);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A directory that the gateway's user can walk into. */
export async function gatewayDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bastide-gate-'));
  await chmod(directory, 0o711);
  return directory;
}

export const someSecret = (text: string): Secret => new Secret(text);
