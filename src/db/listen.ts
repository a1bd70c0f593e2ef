import pg from 'pg';
import { sleep } from '../kernel/time.ts';
import { connection, type DatabaseAddress } from './pool.ts';

const RETRY = 1000;

/**
 * Hears notifications on a connection of its own and connects again when it breaks. After each (re)connection
 * `heard` is called with an empty payload, because something may have been missed. Ends with the signal.
 */
export async function listen(
  address: DatabaseAddress,
  channels: readonly ('bastide_operations' | 'bastide_log' | 'bastide_routes')[],
  heard: (channel: string, payload: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client(connection(address));
    const ended = new Promise<void>((resolve) => {
      client.on('end', resolve);
      client.on('error', () => resolve());
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    client.on('notification', ({ channel, payload }) => heard(channel, payload ?? ''));
    try {
      await client.connect();
      for (const channel of channels) await client.query(`listen ${channel}`);
      for (const channel of channels) heard(channel, '');
      await ended;
    } catch {
      // Tried again below.
    }
    await client.end().catch(() => undefined);
    await sleep(RETRY, signal);
  }
}
