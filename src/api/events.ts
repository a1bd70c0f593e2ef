import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type TenantDb, withTenant } from '../db/transaction.ts';
import type { Guard } from './guard.ts';
import type { EventsRow, StreamContext, StreamEvent } from './route.ts';
import type { Server, ServerParts } from './server.ts';
import { grantLives } from './store.ts';
import type { Bell } from './wake.ts';

const LAST_EVENT_ID = /^[\d.]{1,64}$/;

/** One event on the wire (WHATWG HTML, server-sent events). JSON has no line breaks, so it is one data line. */
export const renderEvent = ({ id, event, data }: StreamEvent): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Staff access that a stream rested on has ended. */
class GrantEnded extends Error {}

/** Looks as long as the grant lives, where the request rests on one. */
const whileGranted =
  (grant: string | undefined) =>
  <T>(look: (db: TenantDb) => Promise<T>) =>
  async (db: TenantDb): Promise<T> => {
    if (grant !== undefined && !(await grantLives(db, grant))) throw new GrantEnded();
    return look(db);
  };

/** Milliseconds between two looks whether the reader may still read. */
const LOOK = 5000;

async function* rendered(
  events: AsyncIterable<StreamEvent>,
  still: () => Promise<boolean>,
  end: () => void,
): AsyncGenerator<string> {
  let looked = performance.now();
  try {
    for await (const event of events) {
      if (performance.now() - looked > LOOK) {
        if (!(await still())) return;
        looked = performance.now();
      }
      yield renderEvent(event);
    }
  } catch (error) {
    if (!(error instanceof GrantEnded)) throw error;
    yield renderEvent({ event: 'grant-ended', data: {} });
  } finally {
    end();
  }
}

function streamContext(parts: ServerParts, request: FastifyRequest, signal: AbortSignal) {
  const guarded = request.guarded!;
  const bells = new Map<string, Bell>();
  const ctx: StreamContext = {
    actor: guarded.actor,
    scope: guarded.found.scope,
    now: guarded.now,
    requestId: request.id,
    sourceAddress: guarded.sourceAddress,
    reason: guarded.reason,
    grant: guarded.grant,
    signal,
    tenant: (fn) => withTenant(parts.db, guarded.found.tenant, whileGranted(guarded.grant)(fn)),
    woken: (operationId, ms) => {
      const bell = bells.get(operationId) ?? parts.hub.subscribe(operationId);
      bells.set(operationId, bell);
      return bell.wait(ms, signal);
    },
  };
  const end = () => {
    for (const bell of bells.values()) bell.close();
  };
  return { ctx, end };
}

/** A row that answers with server-sent events until it has no more, or the client is gone. */
export function mountEvents(app: Server, parts: ServerParts, row: EventsRow, guard: Guard): void {
  app.route({
    method: row.method,
    url: row.path,
    schema: { ...(row.params ? { params: row.params } : {}), querystring: row.query ?? z.strictObject({}) },
    onRequest: guard,
    handler: (request, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      const header = request.headers['last-event-id'];
      const lastEventId = typeof header === 'string' && LAST_EVENT_ID.test(header) ? header : undefined;
      const { ctx, end } = streamContext(parts, request, gone.signal);
      const { params, query } = request;
      const input = { params, query, lastEventId } as Parameters<typeof row.events>[1];
      return reply
        .type('text/event-stream')
        .header('x-accel-buffering', 'no')
        .send(Readable.from(rendered(row.events(ctx, input), () => guard.still(request), end)));
    },
  });
}
