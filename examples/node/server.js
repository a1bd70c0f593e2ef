import { hostname } from 'node:os';
import Fastify from 'fastify';
import { page } from './page.js';

const started = Date.now();
const app = Fastify({ logger: { level: 'info' }, trustProxy: true, bodyLimit: 1024 * 1024 });
let visits = 0;

const facts = () => ({
  visits,
  greeting: process.env.GREETING ?? 'Hello from Bastide',
  replica: hostname(),
  uptimeSeconds: Math.round((Date.now() - started) / 1000),
  node: process.version,
});

app.get('/up', async () => ({ status: 'ok' }));
app.get('/', async (_request, reply) => {
  visits += 1;
  return reply.type('text/html; charset=utf-8').send(page(facts()));
});
app.get('/api/visits', async () => facts());
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
  process.exit(0);
});

await app.listen({ host: '0.0.0.0', port: Number(process.env.PORT ?? 8080) });
