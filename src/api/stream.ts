import { type Server as HttpServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { withTenant } from '../db/transaction.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { MAX_MESSAGE } from '../kernel/terminal.ts';
import { refuse } from './answer.ts';
import { originRefused, sessionJoined, sessionRevoked, upgradeNeeded } from './errors.ts';
import type { Guard } from './guard.ts';
import { perform } from './json.ts';
import { failureOf } from './operations/store.ts';
import type { StreamRow } from './route.ts';
import type { Frame, Server } from './server.ts';

/** Milliseconds between two looks whether the person still may, and whether there is anything to wait for. */
const AGAIN_MS = 3000;

interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** A page of another site cannot send a token, and may not try: cross-site WebSocket hijacking ends here. */
export const foreignOrigin = (origin: string | undefined, host: string | undefined): boolean =>
  origin !== undefined && origin !== `https://${host}`;

/**
 * Requests for an upgrade pass the same router and the same guard as all others; only a stream row ever answers
 * with one.
 */
export function takeUpgrades(app: Server): void {
  (app.server as HttpServer).on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    if (request.method !== 'GET') {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Parameters<typeof response.assignSocket>[0]);
    response.on('finish', () => socket.end());
    upgrades.set(request, { socket, head });
    app.routing(request, response);
  });
}

/** A row that joins a person's WebSocket to the agent's half of a session. */
export function mountStream(app: Server, parts: Frame, row: StreamRow, guard: Guard): void {
  const { sessions } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false });

  /** Ends the session within seconds of the right to it, and where its operation has ended. */
  const watch = (request: FastifyRequest, operationId: string, ws: WebSocket): void => {
    const look = async (): Promise<Refusal | undefined> => {
      if (!(await guard.still(request))) return sessionRevoked();
      return withTenant(parts.db, request.guarded!.found.tenant, (db) => failureOf(db, operationId));
    };
    const timer = setInterval(() => {
      // Where it cannot be asked, nobody may.
      void look()
        .catch(() => sessionRevoked())
        .then((refusal) => refusal && sessions.refuse(operationId, refusal));
    }, AGAIN_MS);
    ws.on('close', () => clearInterval(timer));
  };

  app.route({
    method: 'GET',
    url: row.path,
    schema: row.params ? { params: row.params } : {},
    onRequest: guard,
    handler: async (request, reply) => {
      const upgrade = upgrades.get(request.raw);
      const { origin, host } = request.headers;
      if (foreignOrigin(origin, host)) return refuse(reply, originRefused());
      const joined = await perform(parts, row, request, (ctx) =>
        row.join(ctx, { params: request.params } as Parameters<typeof row.join>[1]),
      );
      if (isRefusal(joined)) return refuse(reply, joined);
      if (!upgrade) return refuse(reply, upgradeNeeded());
      const { operationId } = joined;
      if (sessions.taken(operationId, 'person')) return refuse(reply, sessionJoined());
      const { socket, head } = upgrade;
      reply.hijack();
      reply.raw.detachSocket(socket as Parameters<typeof reply.raw.detachSocket>[0]);
      sockets.handleUpgrade(request.raw, socket, head, (ws) => {
        sessions.join(operationId, 'person', ws);
        watch(request, operationId, ws);
        const opened = Date.now();
        ws.on('close', () =>
          parts.log({
            requestId: request.id,
            method: 'GET',
            route: row.path,
            status: 101,
            ms: Date.now() - opened,
            actor: request.guarded!.actor.name,
          }),
        );
      });
      return reply;
    },
  });
}
