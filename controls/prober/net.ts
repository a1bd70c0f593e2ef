import { connect } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import pg from 'pg';
import type { Handshake, Port, Tools } from '../contract/tools.ts';
import type { Way } from './web.ts';

const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM']);

/** How a TCP port answers. */
export function knock(host: string, port: number, timeoutMs = 3000): Promise<Port> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (answer: Port) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => end('open'));
    socket.on('timeout', () => end('silent'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'ECONNREFUSED' ? 'closed' : UNREACHABLE.has(code ?? '') ? 'unreachable' : 'silent'),
    );
  });
}

/** Our own address on the way to another. */
export function sourceFor(host: string, port = 443): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 5000 });
    socket.on('connect', () => {
      resolve(socket.localAddress ?? '');
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error('no way to the platform')));
    socket.on('error', reject);
  });
}

/** A TLS handshake with the edge, in the versions and ciphers that are named. */
export function handshake(
  way: Way,
  options: Parameters<Tools['handshake']>[0],
  port = 443,
): Promise<Handshake> {
  const settings: ConnectionOptions = {
    host: way.address ?? options.servername,
    port,
    servername: options.servername,
    // What is asked is whether the other side refuses, so our own side refuses nothing.
    rejectUnauthorized: false,
    ...(way.ca ? { ca: way.ca } : {}),
    ...(options.minVersion ? { minVersion: options.minVersion } : {}),
    ...(options.maxVersion ? { maxVersion: options.maxVersion } : {}),
    ciphers: options.ciphers ?? 'ALL:@SECLEVEL=0',
  };
  return new Promise((resolve) => {
    const nothing = { protocol: undefined, cipher: undefined, authorized: false, validTo: undefined };
    const failed = (error: string) => resolve({ ok: false, ...nothing, error });
    try {
      const socket = connectTls(settings, () => {
        const { valid_to } = socket.getPeerCertificate();
        resolve({
          ok: true,
          protocol: socket.getProtocol() ?? undefined,
          cipher: socket.getCipher()?.name,
          authorized: socket.authorized,
          validTo: valid_to ? new Date(valid_to).toISOString() : undefined,
          error: undefined,
        });
        socket.destroy();
      });
      socket.setTimeout(10_000, () => {
        socket.destroy();
        failed('timeout');
      });
      socket.on('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message));
    } catch (error) {
      // Our own library has no such cipher.
      failed(`local: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

/** A client's login to PostgreSQL, over TLS. The certificate is the platform's or a stranger's: that is not asked here. */
export async function login(way: Way, url: string): ReturnType<Tools['login']> {
  const target = new URL(url);
  target.search = '';
  const servername = target.hostname;
  if (way.address) target.hostname = way.address;
  const client = new pg.Client({
    connectionString: target.href,
    ssl: { rejectUnauthorized: false, servername },
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return { in: true, error: undefined };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { in: false, error: code ?? message };
  } finally {
    await client.end().catch(() => undefined);
  }
}
