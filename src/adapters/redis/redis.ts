import { VERSIONS } from '../../kernel/databases.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import {
  databaseAnswersNoQuery,
  databaseAnswerUnreadable,
  databaseExtensionUnknown,
} from '../databases/errors.ts';
import * as commands from './commands.ts';
import { administer, dump, manifest, restore } from './dump.ts';
import { userOf, usersOf } from './names.ts';
import { parseFacts } from './parse.ts';
import { PLACES } from './places.ts';
import type { DatabaseEngine, Session } from './port.ts';
import {
  renderCertificate,
  renderConfig,
  renderEnd,
  renderHeld,
  renderNobody,
  renderUser,
  verifierOf,
} from './render.ts';

const MIB = 1024 * 1024;

/** Runs them one after the other; the first refusal ends it. */
async function all(session: Session, what: string, ...commandWords: string[][]): Promise<Outcome<void>> {
  for (const words of commandWords) {
    const done = await administer(session, what, ...words);
    if (isRefusal(done)) return done;
  }
}

const SAVE = ['ACL', 'SAVE'];

async function users(session: Session): Promise<Outcome<readonly string[]>> {
  const said = await administer(session, 'name its users', 'ACL', 'USERS');
  if (isRefusal(said)) return said;
  return said.split(/\r?\n/).filter((user) => user.startsWith(usersOf(session.instance)));
}

/** Redis, from the stack `redis`. */
export const redis: DatabaseEngine = {
  name: 'redis',
  scheme: 'rediss',
  variable: 'REDIS_URL',
  versions: VERSIONS.redis,
  extensions: [],

  shape: () => ({
    stack: 'redis',
    uid: 72,
    port: PLACES.port,
    entrypoint: ['/usr/lib/bastide/serve'],
    command: [],
    env: {},
    directories: [
      { name: 'data', target: PLACES.data, readOnly: false },
      { name: 'config', target: PLACES.config, readOnly: true },
    ],
    tmpfs: [
      { path: '/tmp', sizeBytes: 16 * MIB },
      { path: '/run/redis', sizeBytes: 16 * MIB },
    ],
    pids: 100,
    stopSignal: 'SIGTERM',
    stopGraceSeconds: 60,
  }),
  files: (instance, tls) => ({
    'redis.conf': renderConfig(instance),
    'server.crt': tls.certificate,
    'server.key': tls.key,
    'ca.crt': tls.ca,
  }),

  user: userOf,
  // It has numbers for databases; apps begin with this one.
  database: () => '0',
  url: (instance, { user, password }, ca) =>
    new Secret(
      `rediss://${user}:${encodeURIComponent(password.reveal())}@${instance.host}:${PLACES.port}/0?ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=${ca}`,
    ),
  client: commands.client,

  async ready(session) {
    const ran = await session.run(commands.administer('PING'));
    return isRefusal(ran) ? ran : ran.code === 0 && ran.stdout.trim() === 'PONG';
  },
  prepare: (session) => all(session, 'prepare itself', ['ACL', 'SETUSER', ...renderNobody()], SAVE),
  setUser: (session, { user, password }) =>
    all(session, 'make a user', ['ACL', 'SETUSER', user, ...renderUser(verifierOf(password))], SAVE),
  // Its connections end with it.
  dropUser: (session, user) => all(session, 'end a user', ['ACL', 'DELUSER', user], SAVE),
  users,
  async info(session) {
    const said = await administer(session, 'say how it is', 'INFO', 'all');
    if (isRefusal(said)) return said;
    const { instance } = session;
    return parseFacts(said, instance.limits.connections) ?? databaseAnswerUnreadable(instance.name, 'facts');
  },

  dump,
  manifest,
  restore,
  ask: async ({ instance }) => databaseAnswersNoQuery(instance.name),
  // Both at once: a certificate does not go with another key.
  reload: (session) => all(session, 'reload', ['CONFIG', 'SET', ...renderCertificate()]),
  async freeze(session, frozen) {
    const found = await users(session);
    if (isRefusal(found)) return found;
    return all(
      session,
      'pause',
      ...found.map((user) => ['ACL', 'SETUSER', user, frozen ? 'off' : 'on']),
      ...(frozen ? found.map(renderEnd) : []),
      SAVE,
    );
  },
  async holdWrites(session, held) {
    const found = await users(session);
    if (isRefusal(found)) return found;
    const rights = found.map((user) => ['ACL', 'SETUSER', user, ...renderHeld(held)]);
    return all(session, 'hold or release writes', ...rights, SAVE);
  },
  setExtension: async ({ instance }, extension) => databaseExtensionUnknown(instance.name, extension),
};
