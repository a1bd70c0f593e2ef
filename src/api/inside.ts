import type { Server as HttpServer } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Server } from './server.ts';

const inside = new WeakSet<object>();

/** Takes connections for the API that come in by another listener: the operators' network, or root on this machine. */
export const insideServer = (app: Server): NetServer =>
  createServer({ allowHalfOpen: true }, (socket) => {
    inside.add(socket);
    // How Node says that a connection is handed over; upgrades and the end of the server are as for every other.
    (app.server as HttpServer).emit('connection', socket);
  });

/** Whether a request came in there: a property of its connection, which nothing in the request can say. */
export const cameInside = (request: FastifyRequest): boolean => inside.has(request.raw.socket);
