import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Kysely } from 'kysely';
import { Attempts } from '../capabilities/access/attempts.ts';
import type { Decide } from '../capabilities/access/decide.ts';
import type { Database } from '../db/schema.ts';
import { withTenant } from '../db/transaction.ts';
import { newId } from '../kernel/id.ts';
import { answerErrors, answerMissing } from './answer.ts';
import { checkRows } from './check.ts';
import { mountEvents } from './events.ts';
import { mountFile } from './file.ts';
import { type Guarded, guard } from './guard.ts';
import { mountJson } from './json.ts';
import { mountLanding } from './landing.ts';
import { mountPages, type Pages } from './pages.ts';
import { mountPublic } from './public.ts';
import type { Row } from './route.ts';
import type { Sessions } from './sessions.ts';
import { mountStream, takeUpgrades } from './stream.ts';
import { mountUpload } from './upload.ts';
import type { WakeHub } from './wake.ts';

/** What the frame needs from outside; main/api.ts and the tests provide it. */
export interface ServerParts {
  readonly db: Kysely<Database>;
  readonly decide: Decide;
  readonly rows: readonly Row[];
  /** Operation ids that may be served to anybody. */
  readonly publicIds: ReadonlySet<string>;
  readonly hub: WakeHub;
  /** Pages for browsers; without them there is the API alone. */
  readonly pages?: Pages | undefined;
  /** Where people's terminals and the agent's half of them meet. */
  readonly sessions: Sessions;
  /** Directory for uploaded archives. */
  readonly uploads: string;
  readonly now: () => Date;
  /** What is counted of guesses; of its own unless told. */
  readonly attempts?: Attempts;
  /** Told of each answered request and each bug; nothing else is logged. */
  readonly log: (entry: LogEntry) => void;
}

/** The parts, and what the frame makes of its own. */
export type Frame = ServerParts & { readonly attempts: Attempts };

/** An allow-list: what is not named here is not logged. */
export interface LogEntry {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly actor?: string;
  readonly error?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard once the request may pass. */
    guarded: Guarded | undefined;
  }
}

/** Counts on the sign-in plane: no tenant's rows are seen. */
export const attemptsOf = (db: Kysely<Database>): Attempts =>
  new Attempts((fn) => withTenant(db, { signIn: true }, fn));

export type Server = FastifyInstance;
/** Bytes of a JSON body. */
export const BODY_LIMIT = 1024 * 1024;
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;
/** Milliseconds in which a request has to be complete; uploads are the long ones. */
const REQUEST_TIMEOUT = 30 * 60_000;

/** The edge's id where it has the strict form, else one of our own. */
const requestId = (header: unknown): string =>
  typeof header === 'string' && REQUEST_ID.test(header) ? header : newId();

/** Builds the server; it listens to nothing yet. Throws where a row may not be served. */
export async function buildServer(parts: ServerParts): Promise<Server> {
  checkRows(parts.rows, parts.publicIds);
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => answerErrors(parts)(error, request, reply),
    forceCloseConnections: true,
  });
  app.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('guarded', undefined);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
  });
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const actor = request.guarded?.actor.name;
    parts.log({
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? '-',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ...(actor === undefined ? {} : { actor }),
    });
  });
  app.addHook('preClose', async () => parts.sessions.close());
  app.setErrorHandler(answerErrors(parts));
  app.setNotFoundHandler(answerMissing(parts.rows));

  mountLanding(app);
  if (parts.pages) mountPages(app, parts.pages);
  takeUpgrades(app);
  const frame: Frame = { ...parts, attempts: parts.attempts ?? attemptsOf(parts.db) };
  for (const row of parts.rows) {
    if (row.form === 'public') mountPublic(app, frame, row);
    else {
      const pass = guard(frame, row);
      if (row.form === 'json') mountJson(app, frame, row, pass);
      else if (row.form === 'events') mountEvents(app, parts, row, pass);
      else if (row.form === 'file') mountFile(app, frame, row, pass);
      else if (row.form === 'stream') mountStream(app, frame, row, pass);
      else await mountUpload(app, frame, row, pass);
    }
  }
  return app;
}
