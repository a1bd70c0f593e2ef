import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';

/** The text of every file in a tar whose path (without a leading `./`) matches. */
export async function readMatching(tar: Readable, wanted: RegExp): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const from = extract();
  const reading = pipeline(tar, from);
  reading.catch(() => {});
  for await (const entry of from) {
    const path = entry.header.name.replace(/^(\.?\/)+/, '');
    if (entry.header.type !== 'file' || !wanted.test(path)) {
      (entry as unknown as Readable).resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found.set(path, Buffer.concat(chunks).toString('utf8'));
  }
  await reading;
  return found;
}
