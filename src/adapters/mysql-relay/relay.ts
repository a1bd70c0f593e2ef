import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { type Established, handshake } from './handshake.ts';
import { parseRoutes, type Routes } from './parse/routes.ts';
import { places } from './places.ts';
import type { RelayLimits, RelayRoute } from './port.ts';
import { error } from './render/packets.ts';

export interface RelayFiles {
  readonly routes: string;
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

export interface RelayDeps {
  readonly limits: RelayLimits;
  /** One line of the log, as JSON. */
  readonly log: (line: string) => void;
  readonly now: () => number;
}

export interface Relay {
  /** Takes over what the files say; sessions of routes that are no more end. Throws where they are malformed. */
  load(files: RelayFiles): void;
  readonly server: Server;
  /** Names that lead somewhere. */
  users(): readonly string[];
  /** Ends what has come to its end; called about once a second. */
  tick(): void;
  close(): Promise<void>;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;
const addressOf = (socket: Socket): string => {
  const address = socket.remoteAddress ?? '';
  return MAPPED.exec(address)?.[1] ?? address;
};

/** Names are the gateway's own making; whatever else a client calls itself is shown short and plain. */
const shown = (user: string): string => user.replace(/[^ -~]/g, '?').slice(0, 40);

/** MySQL's protocol from TLS to TLS: a login name leads to a database, and the password stays between those two. */
export function makeRelay({ limits, log, now }: RelayDeps): Relay {
  let routes: Routes = new Map();
  let context: SecureContext | undefined;
  let ca = '';
  let connections = 0;
  let number = 0;
  const [bySource, byUser] = [places(limits.perSource), places(limits.perUser)];
  const sessions = new Map<Established, { end(reason: string): void }>();
  const open = new Set<Socket>();

  const say = (event: string, fields: Readonly<Record<string, unknown>>): void =>
    log(JSON.stringify({ at: new Date(now()).toISOString(), event, ...fields }));
  const routeOf = (user: string): RelayRoute | undefined => {
    const route = routes.get(user);
    return route && Date.parse(route.until) > now() ? route : undefined;
  };

  function join(session: Established, source: string, done: () => void): void {
    const { client, backend, user, tls } = session;
    const began = now();
    say('opened', { user, source, tls });
    let ended = false;
    const end = (reason: string): void => {
      if (ended) return;
      ended = true;
      sessions.delete(session);
      client.destroy();
      backend.destroy();
      say('closed', { user, source, reason, seconds: Math.round((now() - began) / 1000) });
      done();
    };
    sessions.set(session, { end });
    client.on('end', () => backend.end());
    backend.on('end', () => client.end());
    for (const stream of [client, backend]) stream.on('close', () => end('session ended'));
    client.pipe(backend, { end: false });
    backend.pipe(client, { end: false });
  }

  async function serve(socket: Socket): Promise<void> {
    const source = addressOf(socket);
    socket.on('error', () => {});
    if (connections >= limits.connections || !bySource.take(source)) {
      socket.end(error(0, 1040, '08004', 'Too many connections'));
      say('refused', { source, reason: 'too many connections' });
      return;
    }
    connections += 1;
    open.add(socket);
    let user: string | undefined;
    const leave = (): void => {
      connections -= 1;
      bySource.give(source);
      if (user !== undefined) byUser.give(user);
      open.delete(socket);
    };
    let slow = false;
    const timer = setTimeout(() => {
      slow = true;
      socket.destroy();
    }, limits.handshakeMs);
    socket.setKeepAlive(true, 60_000);
    number += 1;
    const outcome = await handshake(socket, source, number, {
      limits,
      context: () => context ?? createSecureContext(),
      ca: () => ca,
      route: (name, from) => {
        const route = routeOf(name);
        return route?.source === from ? route : undefined;
      },
      take: (name) => {
        if (!byUser.take(name)) return false;
        user = name;
        return true;
      },
    });
    clearTimeout(timer);
    if ('reason' in outcome) {
      const name = outcome.user === undefined ? {} : { user: shown(outcome.user) };
      say('refused', { ...name, source, reason: slow ? 'too slow' : outcome.reason });
      // Its last words are on their way; then nothing of it may stay.
      setTimeout(() => socket.destroy(), 1000).unref();
      leave();
      return;
    }
    join(outcome, source, leave);
    // The route may have gone while somebody was signing in.
    if (!routeOf(outcome.user)) sessions.get(outcome)?.end('grant closed');
  }

  const server = createServer({ noDelay: true }, (socket) => {
    serve(socket).catch((failure: Error) => {
      say('failed', { reason: failure.message });
      socket.destroy();
    });
  });

  return {
    server,
    load(files) {
      const next = parseRoutes(files.routes);
      context = createSecureContext({ cert: files.certificate, key: files.key, minVersion: 'TLSv1.3' });
      ca = files.ca;
      routes = next;
      for (const [{ user }, session] of sessions) if (!routes.has(user)) session.end('grant closed');
      say('loaded', { routes: routes.size });
    },
    users: () => [...routes.keys()],
    tick() {
      for (const [{ user }, session] of sessions) if (!routeOf(user)) session.end('grant ended');
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of [...sessions.values()]) session.end('gateway stopped');
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
