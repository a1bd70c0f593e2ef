import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { JournalEntry } from '../adapters/vault/port.ts';
import { answered, listing, type Store, sizeOf } from './store.ts';

export interface Adding {
  /** In the store: `/<user>/<repo>/<type>/<name>`. */
  readonly path: string;
  readonly keysDirectory: string;
  readonly isKey: boolean;
  readonly name: string | undefined;
  readonly bytes: number;
}

export type Added = { readonly added: boolean } | { readonly refused: JournalEntry['kind'] };

/**
 * Takes one object in. Its last piece is held back until its content is known to be what its name says, so that the
 * store never completes another one; an upload that breaks off is none. What is there already, equal, is a success.
 */
export async function add(store: Store, body: IncomingMessage, of: Adding): Promise<Added> {
  const there = await sizeOf(store, of.path);
  if (there !== undefined) return compare(body, of, there);
  if (of.isKey && (await listing(store, of.keysDirectory)).length > 0) {
    body.resume();
    return { refused: 'second_key' };
  }
  const hash = createHash('sha256');
  const upstream = store.ask('POST', of.path, { 'content-length': String(of.bytes) });
  const answer = answered(upstream);
  answer.catch(() => {});
  let held: Buffer | undefined;
  let bytes = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      hash.update(piece);
      bytes += piece.length;
      if (held && !upstream.write(held)) await Promise.race([once(upstream, 'drain'), answer]);
      held = piece;
    }
  } catch (error) {
    upstream.destroy();
    throw error;
  }
  if (!body.complete || bytes !== of.bytes) {
    upstream.destroy();
    throw new Error('the upload broke off');
  }
  if (of.name !== undefined && hash.digest('hex') !== of.name) {
    upstream.destroy();
    return { refused: 'wrong_hash' };
  }
  upstream.end(held);
  const { statusCode } = (await answer).resume();
  if (statusCode === 200) return { added: true };
  if (statusCode === 403) return { refused: 'overwrite' };
  throw new Error(`the store answers ${statusCode}`);
}

/** Nothing is written; the same once more is what a retry after a lost answer looks like. */
async function compare(body: IncomingMessage, of: Adding, there: number): Promise<Added> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
  }
  const equal = of.name !== undefined && hash.digest('hex') === of.name && bytes === there;
  return equal ? { added: false } : { refused: 'overwrite' };
}
