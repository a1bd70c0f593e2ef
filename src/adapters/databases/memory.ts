import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import {
  databaseCommandFailed,
  databaseDumpTruncated,
  databaseExtensionUnknown,
  databaseQuestionFailed,
} from './errors.ts';
import type { DatabaseEngine, Instance, Manifest, Session } from './port.ts';
import { shortId } from './words.ts';

interface Server {
  readonly users: Map<string, string>;
  readonly rows: string[];
  prepared: boolean;
  frozen: boolean;
  held: boolean;
  up: boolean;
  /** How often it read its certificate again. */
  reloads: number;
}

/** Database servers without a server, with handles that turn the world. */
export interface MemoryDatabases {
  readonly engine: DatabaseEngine;
  /** As the incarnation of an instance that answers now. */
  server(id: string): Server;
  session(instance: Instance): Session;
  /** Whether these words let somebody in. */
  getsIn(id: string, user: string, password: string): boolean;
}

const EXTENSIONS = ['pg_trgm'];
const END = '\nend';
const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');

const manifestOf = ({ rows }: Server): Manifest => ({
  schema: sha256('words'),
  tables: [{ name: 'words', rows: rows.length, checksum: sha256([...rows].sort().join('\n')) }],
});

/** Passes the conformance suite of all database engines. */
export function makeMemoryDatabases(): MemoryDatabases {
  const servers = new Map<string, Server>();
  const server = (id: string): Server => {
    const there = servers.get(id) ?? {
      users: new Map<string, string>(),
      rows: [],
      prepared: false,
      frozen: false,
      held: false,
      up: true,
      reloads: 0,
    };
    servers.set(id, there);
    return there;
  };
  const of = ({ instance }: Session): Server => server(instance.id);
  const prepared = <T>(session: Session, what: string, answer: (of: Server) => T): Promise<Outcome<T>> =>
    Promise.resolve(
      of(session).prepared
        ? answer(of(session))
        : databaseCommandFailed(session.instance.name, what, 'no database'),
    );

  const engine: DatabaseEngine = {
    name: 'postgres',
    scheme: 'postgres',
    variable: 'DATABASE_URL',
    versions: ['15', '17'],
    extensions: EXTENSIONS,
    shape: ({ version }) => ({
      stack: `memory-${version}`,
      uid: 70,
      port: 5432,
      entrypoint: ['/serve'],
      command: [],
      env: {},
      directories: [
        { name: 'data', target: '/data', readOnly: false },
        { name: 'config', target: '/config', readOnly: true },
      ],
      tmpfs: [],
      pids: 10,
      stopSignal: 'SIGINT',
      stopGraceSeconds: 1,
    }),
    files: ({ name }, { certificate }) => ({ 'server.conf': name, 'server.crt': certificate }),
    user: ({ id }, generation) => `u_${shortId(id)}_${generation}`,
    database: ({ name }) => name,
    url: ({ host, name }, { user, password }, ca) =>
      new Secret(`postgres://${user}:${password.reveal()}@${host}/${name}?ca=${ca}`),
    client: (_instance, { user, password }) => ({ argv: ['client', user], env: { PASSWORD: password } }),

    ready: async (session) => of(session).up,
    prepare: async (session) => {
      of(session).prepared = true;
    },
    setUser: (session, { user, password }) =>
      prepared(session, 'make a user', ({ users }) => void users.set(user, password.reveal())),
    dropUser: (session, user) => prepared(session, 'remove a user', ({ users }) => void users.delete(user)),
    users: (session) => prepared(session, 'name its users', ({ users }) => [...users.keys()]),
    info: (session) =>
      prepared(session, 'say how it is', ({ rows, users }) => ({
        version: session.instance.version,
        sizeBytes: rows.length + 1,
        connections: users.size,
        maxConnections: session.instance.limits.connections,
        cacheHit: null,
        slow: [],
        extensions: [],
      })),

    dump: (session, out) =>
      prepared(session, 'dump', (from) => {
        out.write(`${JSON.stringify(from.rows)}${' '.repeat(64)}${END}`);
        return manifestOf(from);
      }),
    async restore(session, from) {
      const dumped = await text(from);
      if (!dumped.endsWith(END)) return databaseDumpTruncated(session.instance.name);
      of(session).rows.splice(
        0,
        Number.POSITIVE_INFINITY,
        ...(JSON.parse(dumped.slice(0, -END.length)) as string[]),
      );
    },
    ask: (session, { user }, query) =>
      prepared(session, 'answer', ({ users }) => {
        const answer = /^select (\S+?);?$/.exec(query.trim())?.[1];
        return answer && users.has(user)
          ? answer
          : databaseQuestionFailed(session.instance.name, 'it is no question');
      }).then((outcome) => outcome as Outcome<string>),
    reload: async (session) => {
      of(session).reloads += 1;
    },
    manifest: (session) => prepared(session, 'read its tables', manifestOf),
    freeze: async (session, frozen) => {
      of(session).frozen = frozen;
    },
    holdWrites: async (session, held) => {
      of(session).held = held;
    },
    setExtension: async (session, extension) =>
      EXTENSIONS.includes(extension) ? undefined : databaseExtensionUnknown(session.instance.name, extension),
  };

  return {
    engine,
    server,
    session: (instance) => ({
      instance,
      run: async () => ({ code: 0, stdout: '', stderr: '' }),
      stream: async () => ({ code: 0, stderr: '' }),
    }),
    getsIn(id, user, password) {
      const { users, frozen, up } = server(id);
      return up && !frozen && users.get(user) === password;
    },
  };
}
