// The app that the benches deploy: answers at once, or after ?ms=, to GET and POST; stops as a well-behaved app does.
import { createServer } from 'node:http';

const started = Date.now();
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://app');
  request.resume().once('end', () => {
    const answer = () => response.end(`${process.env.BASTIDE_RELEASE ?? 'v0'} ${started}\n`);
    const ms = Number(url.searchParams.get('ms') ?? 0);
    if (ms > 0) setTimeout(answer, Math.min(ms, 10_000));
    else answer();
  });
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT ?? 8080), '0.0.0.0');
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
