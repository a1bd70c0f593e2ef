import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { EXTENSIONS, VERSIONS } from '../../kernel/databases.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { scramVerifier } from '../../kernel/scram.ts';
import { Secret } from '../../kernel/secret.ts';
import { ASK_SECONDS, firstAnswer } from '../databases/ask.ts';
import {
  databaseAnswerUnreadable,
  databaseCommandFailed,
  databaseExtensionUnknown,
} from '../databases/errors.ts';
import * as commands from './commands.ts';
import { dump, manifest } from './dump.ts';
import { databaseOf, userOf } from './names.ts';
import { parseInfo, parseUsers } from './parse.ts';
import { PLACES } from './places.ts';
import type { DatabaseEngine, Session } from './port.ts';
import { renderConf, renderHba, renderIdent } from './render/config.ts';
import { renderAsk, renderExtensions, renderInfo, renderReload } from './render/queries.ts';
import * as roles from './render/roles.ts';

const MIB = 1024 * 1024;

/** Runs a script of ours and gives what it printed. Scripts hold verifiers, so they are secrets on their way. */
async function script(
  session: Session,
  argv: readonly string[],
  text: string,
  what: string,
): Promise<Outcome<string>> {
  const ran = await session.run(argv, new Secret(text));
  if (isRefusal(ran)) return ran;
  return ran.code === 0 ? ran.stdout : databaseCommandFailed(session.instance.name, what, ran.stderr);
}

const onServer = (session: Session, text: string, what: string) =>
  script(session, commands.psqlServer(), text, what);

const nothing = (outcome: Outcome<string>): Outcome<void> => (isRefusal(outcome) ? outcome : undefined);

/** PostgreSQL, from the stacks `postgres` (15) and `postgres-17`. */
export const postgres: DatabaseEngine = {
  name: 'postgres',
  scheme: 'postgres',
  variable: 'DATABASE_URL',
  versions: VERSIONS.postgres,
  extensions: EXTENSIONS,

  shape: ({ version }) => ({
    stack: version === '15' ? 'postgres' : `postgres-${version}`,
    uid: 70,
    port: PLACES.port,
    entrypoint: ['/usr/lib/bastide/serve'],
    command: [],
    env: {},
    directories: [
      { name: 'data', target: '/data', readOnly: false },
      { name: 'config', target: PLACES.config, readOnly: true },
      { name: 'wal', target: PLACES.wal, readOnly: false },
    ],
    tmpfs: [
      { path: '/tmp', sizeBytes: 64 * MIB },
      { path: PLACES.socket, sizeBytes: 16 * MIB },
    ],
    pids: 600,
    // "End the sessions, checkpoint, stop"; the usual signal waits for every client to leave.
    stopSignal: 'SIGINT',
    stopGraceSeconds: 60,
  }),
  files: (instance, tls) => ({
    'postgresql.conf': renderConf(instance),
    'pg_hba.conf': renderHba(instance),
    'pg_ident.conf': renderIdent(instance),
    'server.crt': tls.certificate,
    'server.key': tls.key,
    'ca.crt': tls.ca,
  }),

  user: userOf,
  database: databaseOf,
  url: (instance, { user, password }, ca) =>
    new Secret(
      `postgres://${user}:${encodeURIComponent(password.reveal())}@${instance.host}:${PLACES.port}/${databaseOf(instance)}?sslmode=verify-full&sslrootcert=${ca}`,
    ),
  client: commands.client,

  async ready(session) {
    const ran = await session.run(commands.isReady());
    return isRefusal(ran) ? ran : ran.code === 0;
  },
  prepare: async (session) =>
    nothing(await onServer(session, roles.renderPrepare(session.instance), 'prepare itself')),
  async setUser(session, { user, password }) {
    const verifier = scramVerifier(password, randomBytes(16));
    return nothing(
      await onServer(session, roles.renderSetUser(session.instance, user, verifier), 'make a user'),
    );
  },
  dropUser: async (session, user) =>
    nothing(await onServer(session, roles.renderDropUser(session.instance, user), 'remove a user')),
  async users(session) {
    const said = await onServer(session, roles.renderUsers(session.instance), 'name its users');
    return isRefusal(said) ? said : parseUsers(said);
  },
  async info(session) {
    const { instance } = session;
    const facts = await onServer(session, renderInfo(instance), 'say how it is');
    if (isRefusal(facts)) return facts;
    const extensions = await script(
      session,
      commands.psqlKeeper(instance),
      renderExtensions(),
      'name its extensions',
    );
    if (isRefusal(extensions)) return extensions;
    return (
      parseInfo(facts, extensions, instance.limits.connections) ??
      databaseAnswerUnreadable(instance.name, 'for facts')
    );
  },

  dump,
  manifest,
  async restore(session, from, signal) {
    const stdout = new PassThrough().resume();
    const done = await session.stream(commands.restore(session.instance), { stdin: from, stdout, signal });
    if (isRefusal(done)) return done;
    return done.code === 0
      ? undefined
      : databaseCommandFailed(session.instance.name, 'read a dump back', done.stderr);
  },
  ask: (session, credential, query, signal) =>
    firstAnswer(
      session,
      commands.asking(session.instance, credential, query, ASK_SECONDS),
      renderAsk(),
      signal,
    ),
  reload: async (session) => nothing(await onServer(session, renderReload(), 'reload')),
  freeze: async (session, frozen) =>
    nothing(await onServer(session, roles.renderFreeze(session.instance, frozen), 'pause')),
  holdWrites: async (session, held) =>
    nothing(await onServer(session, roles.renderHold(session.instance, held), 'hold or release writes')),
  async setExtension(session, extension, on) {
    const known: readonly string[] = EXTENSIONS;
    if (!known.includes(extension)) return databaseExtensionUnknown(session.instance.name, extension);
    const text = roles.renderExtension(session.instance, extension, on);
    return nothing(
      await script(session, commands.psqlKeeper(session.instance), text, 'change its extensions'),
    );
  },
};
