import { setTimeout as sleep } from 'node:timers/promises';
import type { Platform } from './platform.ts';

export interface Operation {
  readonly status: string;
  readonly failure: { readonly code: string; readonly message: string; readonly next: string } | null;
}

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);

/** The operation's end. The API may be away for a moment: stories kill it. */
export async function settled(platform: Platform, id: string, timeoutMs = 240_000): Promise<Operation> {
  const started = performance.now();
  for (;;) {
    const seen = await platform.api('GET', `/v1/operations/${id}`).catch(() => undefined);
    const operation = seen?.status === 200 ? (seen.body as Operation) : undefined;
    if (operation && ENDED.has(operation.status)) return operation;
    if (performance.now() - started > timeoutMs)
      throw new Error(`operation ${id} does not end: ${JSON.stringify(seen)}`);
    await sleep(500);
  }
}
