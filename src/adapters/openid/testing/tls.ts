import { createHash, X509Certificate } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { must } from '../../../kernel/refusal.ts';
import type { Outside } from '../../outbound/port.ts';
import { makeMemoryPki } from '../../pki/memory.ts';

export interface TlsServer {
  readonly origin: string;
  readonly port: number;
  /** PEM of its authority. */
  readonly ca: string;
  /** sha-256 of its public key, base64: what a browser is told to believe. */
  readonly pin: string;
  /** Paths that were asked. */
  readonly heard: string[];
  close(): void;
}

/** A server of its own name behind TLS, on a port of this machine. */
export async function tlsServer(
  host: string,
  listener: (origin: string) => RequestListener,
): Promise<TlsServer> {
  const pki = makeMemoryPki();
  const root = must(await pki.root());
  const leaf = must(await pki.issue({ commonName: host, hosts: [host], usage: 'server', days: 1 }));
  const heard: string[] = [];
  let handle: RequestListener = () => {};
  const server = createServer({ cert: leaf.certificate, key: leaf.key.reveal() }, (asked, answer) => {
    heard.push(asked.url ?? '');
    handle(asked, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `https://${host}:${port}`;
  handle = listener(origin);
  const spki = new X509Certificate(leaf.certificate).publicKey.export({ type: 'spki', format: 'der' });
  const pin = createHash('sha256').update(spki).digest('base64');
  return {
    ...{ origin, port, ca: root.certificate, pin, heard },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Every name is here, and may be asked. */
export const here = (ca?: string): Outside => ({
  resolve: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  permitted: () => true,
  ...(ca === undefined ? {} : { ca }),
});

/** A browser without a window: follows redirects with its cookies until it would leave for another host. */
export async function visit(start: string, ca: string): Promise<URL> {
  const cookies = new Map<string, string>();
  const home = new URL(start).host;
  let at = new URL(start);
  for (let hops = 0; hops < 10; hops += 1) {
    const { location, set } = await new Promise<{ location: string | undefined; set: string[] }>(
      (resolve, reject) => {
        const asked = request(
          at,
          {
            ...{ ca, agent: false },
            headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
            lookup: (_host, options, done) =>
              options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
          },
          (answer) => {
            answer.resume();
            const { location, 'set-cookie': set = [] } = answer.headers;
            answer.on('end', () => resolve({ location, set }));
          },
        );
        asked.on('error', reject);
        asked.end();
      },
    );
    for (const cookie of set) {
      const [name = '', value = ''] = cookie.split(';', 1)[0]!.split(/=(.*)/s);
      cookies.set(name, value);
    }
    if (location === undefined) throw new Error(`${at.pathname} leads nowhere`);
    at = new URL(location, at);
    if (at.host !== home) return at;
  }
  throw new Error('it goes round in circles');
}
