import { createServer, type Server } from 'node:http';
import { WebSocketServer } from 'ws';
import { MAX_MESSAGE } from '../kernel/terminal.ts';
import type { Sessions } from './sessions.ts';

const ID = /^\/([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$/;

/**
 * Where the agent brings its half of sessions. It listens on a socket of its own that only root may connect to
 * (main/api.ts): who gets here is the agent.
 */
export function agentsServer(sessions: Sessions): Server {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false });
  const server = createServer((_request, response) => response.writeHead(426).end());
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const [, operationId] = ID.exec(request.url ?? '') ?? [];
    if (!operationId || sessions.taken(operationId, 'agent')) {
      socket.end('HTTP/1.1 409 Conflict\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => sessions.join(operationId, 'agent', ws));
  });
  return server;
}
