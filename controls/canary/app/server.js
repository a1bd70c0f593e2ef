import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { notes } from './notes.js';

// The app of a canary project: it keeps what it is given in its database and on its volume, and gives it back.
const FILE = '/data/note.txt';
const volume = {
  keep: (note) =>
    writeFile(FILE, note, { flush: true }).then(
      () => true,
      () => false,
    ),
  has: (note) =>
    readFile(FILE, 'utf8').then(
      (kept) => kept.includes(note),
      () => false,
    ),
};

const routes = {
  'GET /up': async () => ({ status: 'ok' }),
  'GET /': async () => ({ app: 'canary' }),
  'GET /count': async () => ({ notes: await notes.count() }),
  'POST /notes': async (note) => ({ database: await notes.keep(note), volume: await volume.keep(note) }),
  'POST /find': async (note) => ({ database: await notes.has(note), volume: await volume.has(note) }),
};

const server = createServer(async (request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const route = routes[`${request.method} ${new URL(request.url, 'http://app').pathname}`];
  if (!route) return answer(404, { error: 'no such page' });
  try {
    answer(200, await route((await text(request)).slice(0, 10_000)));
  } catch (error) {
    answer(503, { error: error instanceof Error ? error.message : 'failed' });
  }
});

process.once('SIGTERM', () => server.close(() => process.exit(0)));
server.listen(Number(process.env.PORT ?? 8080), '0.0.0.0');
