import { hostname } from 'node:os';
import Fastify from 'fastify';
import { openCounter } from './counter.js';
import { openGuestBook } from './guest-book.js';
import { page } from './page.js';

const started = Date.now();
const app = Fastify({ logger: { level: 'info' }, trustProxy: true, bodyLimit: 1024 * 1024 });
const counter = await openCounter(process.env.REDIS_URL);
const book = await openGuestBook(process.env.DATABASE_URL);

const facts = async () => ({
  visits: await counter.count(),
  where: counter.where,
  greeting: process.env.GREETING ?? 'Hello from Bastide',
  replica: hostname(),
  uptimeSeconds: Math.round((Date.now() - started) / 1000),
  node: process.version,
});

app.get('/up', async () => ({ status: 'ok' }));
app.get('/', async (_request, reply) => {
  await counter.add();
  const guests = await book?.latest();
  return reply.type('text/html; charset=utf-8').send(page({ ...(await facts()), guests }));
});
app.get('/api/visits', async () => facts());
app.get('/api/guests', async (_request, reply) => {
  if (!book) return reply.code(404).send({ error: 'This app has no database.' });
  return { count: await book.count(), latest: await book.latest() };
});
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, Object.fromEntries(new URLSearchParams(body))),
);
app.post('/guests', async (request, reply) => {
  const name = String(request.body?.name ?? '')
    .trim()
    .slice(0, 80);
  if (!book || name === '')
    return reply.code(400).send({ error: book ? 'A name is missing.' : 'This app has no database.' });
  await book.sign(name);
  return reply.redirect('/', 303);
});
app.post('/echo', async (request) => ({ received: request.body ?? null }));
app.get('/slow', async (request) => {
  const wanted = Number(new URL(request.url, 'http://app').searchParams.get('ms') ?? 1000);
  const ms = Math.min(10_000, Math.max(0, Number.isFinite(wanted) ? wanted : 1000));
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { waitedMs: ms };
});

// A deploy ends the old replica with SIGTERM: finish what is running, then go.
process.once('SIGTERM', async () => {
  await app.close();
  await Promise.all([counter.close(), book?.close()]);
  process.exit(0);
});

await app.listen({ host: '0.0.0.0', port: Number(process.env.PORT ?? 8080) });
