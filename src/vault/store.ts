import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { z } from 'zod';

/** The store behind the gate: `rclone serve restic --append-only` on loopback, the second wall. */
export interface Store {
  /** A request of ours; the caller writes the body and ends it, or destroys it. */
  ask(method: string, path: string, headers?: Record<string, string>): ClientRequest;
}

const Names = z
  .array(z.object({ name: z.string() }))
  .nullable()
  .transform((names) => names ?? []);

/** The form in which it lists; it knows no other. */
const V2 = 'application/vnd.x.restic.rest.v2';

export const storeAt = (port: number, password: string): Store => ({
  ask: (method, path, more = {}) => {
    const headers = { accept: V2, ...more };
    return request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers,
      auth: `gate:${password}`,
      timeout: 600_000,
    });
  },
});

/** Its answer, whatever its status. */
export const answered = (asking: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    asking.once('response', resolve).once('error', reject);
    asking.once('timeout', () => asking.destroy(new Error('the store does not answer')));
  });

/** Status and length of an object. */
export async function sizeOf(store: Store, path: string): Promise<number | undefined> {
  const asking = store.ask('HEAD', path);
  asking.end();
  const answer = await answered(asking);
  answer.resume();
  if (answer.statusCode === 404) return undefined;
  if (answer.statusCode !== 200) throw new Error(`the store answers ${answer.statusCode}`);
  return Number(answer.headers['content-length'] ?? 0);
}

/** Names of what is in a directory. */
export async function listing(store: Store, path: string): Promise<string[]> {
  const asking = store.ask('GET', path);
  asking.end();
  const answer = await answered(asking);
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part;
  if (answer.statusCode === 404) return [];
  if (answer.statusCode !== 200) throw new Error(`the store answers ${answer.statusCode}`);
  return Names.parse(JSON.parse(text)).map(({ name }) => name);
}
