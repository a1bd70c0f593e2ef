import { readFileSync } from 'node:fs';
import { createClient } from '@redis/client';

/** Counts visits: in Redis for all replicas and for good, or in this replica's memory. */
export async function openCounter(url) {
  if (!url) {
    let visits = 0;
    return {
      where: 'to this replica',
      add: async () => (visits += 1),
      count: async () => visits,
      close() {},
    };
  }
  const { protocol, host, username, password, searchParams } = new URL(url);
  const ca = searchParams.get('ssl_ca_certs');
  const client = createClient({
    url: `${protocol}//${host}`,
    username,
    password,
    ...(ca && { socket: { tls: true, ca: readFileSync(ca) } }),
  });
  client.on('error', (error) => console.error(JSON.stringify({ redis: error.message })));
  await client.connect();
  return {
    where: 'so far',
    add: () => client.incr('visits'),
    count: async () => Number((await client.get('visits')) ?? 0),
    close: () => client.close(),
  };
}
