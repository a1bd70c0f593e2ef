import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pino from 'pino';
import { seal } from '../adapters/envelope/seal.ts';
import { agentsServer } from '../api/agents.ts';
import { insideServer } from '../api/inside.ts';
import { readPages } from '../api/pages.ts';
import { attemptsOf, buildServer } from '../api/server.ts';
import { Sessions } from '../api/sessions.ts';
import { sweepUploads } from '../api/sweep.ts';
import { PUBLIC, routeTable } from '../api/table.ts';
import { WakeHub } from '../api/wake.ts';
import { decider } from '../capabilities/access/decide.ts';
import { readPolicies } from '../capabilities/access/policies.ts';
import { listen } from '../db/listen.ts';
import { type DatabaseAddress, openDatabase } from '../db/pool.ts';
import { Secret } from '../kernel/secret.ts';
import { operatorsSocket, paths, SESSIONS_SOCKET } from './paths.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const { env } = process;
const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });

/** The whole configuration of the API: seven variables, documented in docs/reference/config.md. */
const settings = {
  domain: env.BASTIDE_DOMAIN ?? 'localhost',
  socket: env.BASTIDE_API_SOCKET ?? join(paths.apiSocketDir, 'api.sock'),
  /** Beside the other one where that is not in its usual place. */
  operatorsSocket: env.BASTIDE_API_SOCKET
    ? join(dirname(env.BASTIDE_API_SOCKET), 'operators.sock')
    : operatorsSocket,
  uploads: env.BASTIDE_UPLOADS ?? paths.uploads,
  // Beside the program as it was built; a bundle keeps its sources' own places.
  pages: env.BASTIDE_PAGES ?? join(import.meta.dirname, '../../dist/pages'),
  databaseUrl: env.BASTIDE_DATABASE_URL,
  databasePassword: env.BASTIDE_DATABASE_PASSWORD,
  accountsKey: env.BASTIDE_ACCOUNTS_KEY,
  proof: env.BASTIDE_PROVE_NAMES === 'always' ? ('always' as const) : ('contested' as const),
};
// A child or a crash report has no use for them.
delete env.BASTIDE_DATABASE_URL;
delete env.BASTIDE_DATABASE_PASSWORD;
delete env.BASTIDE_ACCOUNTS_KEY;

const address: DatabaseAddress = settings.databaseUrl
  ? { url: new Secret(settings.databaseUrl) }
  : {
      socketDir: paths.postgresSocketDir,
      user: 'bastide_api',
      database: 'bastide',
      ...(settings.databasePassword ? { password: new Secret(settings.databasePassword) } : {}),
    };

const stop = new AbortController();
const db = openDatabase(address);
const hub = new WakeHub();
const sessions = new Sessions();
const listening = listen(address, ['bastide_log'], (_channel, id) => hub.ring(id), stop.signal);

const attempts = attemptsOf(db);
const server = await buildServer({
  db,
  attempts,
  hub,
  sessions,
  decide: decider(await readPolicies()),
  rows: routeTable({
    domain: settings.domain,
    proof: settings.proof,
    seal,
    accountsKey: settings.accountsKey ? new Secret(settings.accountsKey) : undefined,
  }),
  publicIds: PUBLIC,
  pages: await readPages(settings.pages),
  uploads: settings.uploads,
  now: () => new Date(),
  log: (entry) => (entry.error === undefined ? logger.info(entry) : logger.error(entry)),
});

await mkdir(settings.uploads, { recursive: true });
const sweep = () =>
  sweepUploads(settings.uploads, Date.now()).catch((error: unknown) =>
    logger.error({ error: String(error) }),
  );
void sweep();
const sweeping = setInterval(() => void sweep(), HOUR);
const forget = () =>
  attempts.sweep(new Date()).catch((error: unknown) => logger.error({ error: String(error) }));
void forget();
const forgetting = setInterval(() => void forget(), MINUTE);

// A socket that a killed predecessor left would refuse the address.
await rm(settings.socket, { force: true });
await server.listen({ path: settings.socket });
// The edge is another user; the directory decides who gets here at all.
await chmod(settings.socket, 0o666);
logger.info({ listening: settings.socket });

// What comes in here is inside: the edge brings who came by the VPN, and root on this machine comes itself.
const inside = insideServer(server);
await rm(settings.operatorsSocket, { force: true });
await new Promise<void>((resolve) => inside.listen(settings.operatorsSocket, resolve));
await chmod(settings.operatorsSocket, 0o666);

// The agent brings its half of people's sessions here: its own user and root get in, the edge does not.
const agents = agentsServer(sessions);
const agentsSocket = join(dirname(settings.socket), SESSIONS_SOCKET);
await rm(agentsSocket, { force: true });
const umask = process.umask(0o177);
await new Promise<void>((resolve) => agents.listen(agentsSocket, resolve));
process.umask(umask);

async function end(): Promise<void> {
  clearInterval(sweeping);
  clearInterval(forgetting);
  stop.abort();
  inside.close();
  await server.close();
  agents.close();
  await listening;
  await db.destroy();
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
