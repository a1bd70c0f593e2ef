import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DatabaseInfo, Manifest } from '../databases/port.ts';

const Info = z.object({
  version: z.string(),
  sizeBytes: z.number(),
  connections: z.number(),
  cacheHit: z.number().min(0).max(1).nullable(),
  slow: z.array(z.object({ query: z.string(), calls: z.number(), meanMs: z.number() })),
});

const words = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** What renderInfo and renderExtensions gave; undefined where it is something else. */
export function parseInfo(
  json: string,
  extensions: string,
  maxConnections: number,
): DatabaseInfo | undefined {
  try {
    const { version, ...info } = Info.parse(JSON.parse(json));
    return {
      ...info,
      version: version.split(' ')[0]!,
      maxConnections,
      slow: info.slow.map((one) => ({ ...one, meanMs: Math.round(one.meanMs * 100) / 100 })),
      extensions: words(extensions),
    };
  } catch {
    return undefined;
  }
}

export const parseUsers = words;

/** The id of the exported snapshot: the first line that a session with renderSnapshot says. */
export const parseSnapshot = (line: string): string | undefined =>
  /^snapshot\t([0-9A-F]{8}-[0-9A-F]{8}-\d+)$/.exec(line)?.[1];

/** Rows begin at a line with their first word; a definition may go over several lines. */
const ROW = /^(?=(?:schema|table|end)(?:\t|$))/m;

/** undefined unless the last row is there: a manifest that was cut off is none. */
export function parseManifest(text: string): Manifest | undefined {
  const rows = text.split(ROW).map((row) => row.replace(/\n$/, ''));
  if (rows.at(-1)?.trim() !== 'end') return undefined;
  const schema = rows.filter((row) => row.startsWith('schema\t')).sort();
  const tables = rows
    .filter((row) => row.startsWith('table\t'))
    .map((row) => {
      const [, name = '', count = '', checksum = ''] = row.split('\t');
      return { name, rows: Number(count), checksum };
    });
  return {
    schema: createHash('sha256').update(schema.join('\n')).digest('hex'),
    tables: tables.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
