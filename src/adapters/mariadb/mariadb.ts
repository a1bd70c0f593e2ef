import { VERSIONS } from '../../kernel/databases.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { ASK_SECONDS, firstAnswer } from '../databases/ask.ts';
import { databaseAnswerUnreadable, databaseExtensionUnknown } from '../databases/errors.ts';
import * as commands from './commands.ts';
import { dump, manifest } from './dump.ts';
import { databaseOf, userOf } from './names.ts';
import { parseInfo, parseMakers, words } from './parse.ts';
import { PLACES } from './places.ts';
import type { DatabaseEngine, Session } from './port.ts';
import { renderConfig } from './render/config.ts';
import { renderAsk, renderInfo } from './render/queries.ts';
import * as users from './render/users.ts';
import { restore } from './restore.ts';
import { statements } from './statements.ts';

const MIB = 1024 * 1024;

const nothing = (outcome: Outcome<unknown>): Outcome<void> => (isRefusal(outcome) ? outcome : undefined);

/** Ends the user's connections. One that made something stays without a way in, because what it made needs it. */
async function dropUser(session: Session, user: string): Promise<Outcome<void>> {
  const ended = await statements(session, users.renderEndUser(user), 'end a user');
  if (isRefusal(ended)) return ended;
  const named = await statements(
    session,
    users.renderMakers(session.instance),
    'name the makers of its objects',
  );
  if (isRefusal(named)) return named;
  if (parseMakers(named).users.includes(user)) return undefined;
  return nothing(await statements(session, users.renderDropUser(user), 'end a user'));
}

async function usersOf(session: Session): Promise<Outcome<readonly string[]>> {
  const said = await statements(session, users.renderUsers(session.instance), 'name its users');
  return isRefusal(said) ? said : words(said);
}

/** MariaDB, from the stack `mariadb`. */
export const mariadb: DatabaseEngine = {
  name: 'mariadb',
  scheme: 'mysql',
  variable: 'DATABASE_URL',
  versions: VERSIONS.mariadb,
  extensions: [],

  shape: ({ limits }) => ({
    stack: 'mariadb',
    uid: 71,
    port: PLACES.port,
    entrypoint: ['/usr/lib/bastide/serve'],
    command: [],
    env: {},
    directories: [
      { name: 'data', target: '/data', readOnly: false },
      { name: 'config', target: PLACES.config, readOnly: true },
    ],
    tmpfs: [
      { path: '/tmp', sizeBytes: 64 * MIB },
      { path: '/run/mysqld', sizeBytes: 16 * MIB },
    ],
    // A thread for each connection, and some of its own.
    pids: limits.connections + 100,
    stopSignal: 'SIGTERM',
    stopGraceSeconds: 60,
  }),
  files: (instance, tls) => ({
    'server.cnf': renderConfig(instance),
    'server.crt': tls.certificate,
    'server.key': tls.key,
  }),

  user: userOf,
  database: databaseOf,
  url: (instance, { user, password }, ca) =>
    new Secret(
      `mysql://${user}:${encodeURIComponent(password.reveal())}@${instance.host}:${PLACES.port}/${databaseOf(instance)}?ssl-mode=VERIFY_IDENTITY&ssl-ca=${ca}`,
    ),
  client: commands.client,

  async ready(session) {
    const ran = await session.run(commands.isReady());
    return isRefusal(ran) ? ran : ran.code === 0;
  },
  prepare: async (session) =>
    nothing(await statements(session, users.renderPrepare(session.instance), 'prepare itself')),
  setUser: async (session, { user, password }) =>
    nothing(
      await statements(
        session,
        users.renderSetUser(session.instance, user, users.verifierOf(password)),
        'make a user',
      ),
    ),
  dropUser,
  users: usersOf,
  async info(session) {
    const said = await statements(session, renderInfo(session.instance), 'say how it is');
    if (isRefusal(said)) return said;
    return (
      parseInfo(said, session.instance.limits.connections) ??
      databaseAnswerUnreadable(session.instance.name, 'facts')
    );
  },

  dump,
  manifest,
  restore,
  ask: (session, credential, query, signal) =>
    firstAnswer(
      session,
      commands.asking(session.instance, credential),
      renderAsk(query, ASK_SECONDS),
      signal,
    ),
  // Nothing else of its configuration is read again without a start.
  reload: async (session) => nothing(await statements(session, 'FLUSH SSL;\n', 'reload')),
  async freeze(session, frozen) {
    const all = await usersOf(session);
    if (isRefusal(all)) return all;
    return nothing(await statements(session, users.renderFreeze(all, frozen), 'pause'));
  },
  async holdWrites(session, held) {
    const named = await statements(session, users.renderWriters(held), 'name its users');
    if (isRefusal(named)) return named;
    const text = users.renderHold(session.instance, words(named), held);
    return nothing(await statements(session, text, 'hold or release writes'));
  },
  setExtension: async ({ instance }, extension) => databaseExtensionUnknown(instance.name, extension),
};
