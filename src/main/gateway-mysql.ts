import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { RelayLimits } from '../adapters/mysql-relay/port.ts';
import { makeRelay, type RelayFiles } from '../adapters/mysql-relay/relay.ts';

/** The gateway to MySQL databases: unprivileged, in a container; it reads its files and writes its log, nothing else. */
const { env } = process;
const directory = env.BASTIDE_GATEWAY_FILES ?? '/etc/bastide/gateway';
const status = env.BASTIDE_GATEWAY_STATUS ?? '/run/bastide/gateway/status.sock';
const limits: RelayLimits = {
  connections: 400,
  perUser: 20,
  perSource: 60,
  handshakeMs: Number(env.BASTIDE_GATEWAY_HANDSHAKE_MS ?? 10_000),
  packetBytes: 65_536,
};
const log = (line: string): void => void process.stdout.write(`${line}\n`);

const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
const files = (): RelayFiles => ({
  routes: read('routes.json'),
  certificate: read('tls.crt'),
  key: read('tls.key'),
  ca: read('ca.crt'),
});

const relay = makeRelay({ limits, log, now: Date.now });
relay.load(files());
process.on('SIGHUP', () => {
  try {
    relay.load(files());
  } catch (error) {
    log(
      JSON.stringify({ event: 'failed', reason: `the files stay as they were: ${(error as Error).message}` }),
    );
  }
});
setInterval(relay.tick, 1000).unref();
relay.server.listen({
  port: Number(env.BASTIDE_GATEWAY_PORT ?? 6033),
  ...(env.BASTIDE_GATEWAY_LISTEN ? { host: env.BASTIDE_GATEWAY_LISTEN } : {}),
});

// Who may walk into this directory may know which names lead somewhere: the agent.
rmSync(status, { force: true });
const teller = createServer((socket) => {
  socket.on('error', () => {});
  socket.end(JSON.stringify({ users: relay.users() }));
}).listen(status);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    teller.close();
    void relay.close().then(() => process.exit(0));
  });
}
