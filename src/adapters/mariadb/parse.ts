import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DatabaseInfo, Manifest } from '../databases/port.ts';
import type { TableColumns } from './render/queries.ts';

export const words = (text: string): string[] => text.split('\n').filter((line) => line !== '');

const Info = z.object({
  version: z.string(),
  sizeBytes: z.number(),
  connections: z.number(),
  reads: z.number(),
  misses: z.number(),
  slow: z.array(z.object({ query: z.string(), calls: z.number(), meanMs: z.number() })),
});

/** What renderInfo gave; undefined where it is something else. */
export function parseInfo(json: string, maxConnections: number): DatabaseInfo | undefined {
  try {
    const { version, reads, misses, slow, ...info } = Info.parse(JSON.parse(json));
    return {
      ...info,
      version: version.split('-')[0]!,
      maxConnections,
      cacheHit: reads > 0 ? Math.max(0, 1 - misses / reads) : null,
      slow: slow.map((one) => ({ ...one, meanMs: Math.round(one.meanMs * 100) / 100 })),
      extensions: [],
    };
  } catch {
    return undefined;
  }
}

const fromHex = (hex: string): string => Buffer.from(hex, 'hex').toString('utf8');

/** What renderColumns gave, a table each. */
export function parseColumns(lines: readonly string[]): TableColumns[] {
  const tables = new Map<string, string[]>();
  for (const line of lines) {
    const [word, table = '', column = ''] = line.split('\t');
    if (word !== 'column') continue;
    const name = fromHex(table);
    tables.set(name, [...(tables.get(name) ?? []), fromHex(column)]);
  }
  return [...tables].map(([name, columns]) => ({ name, columns }));
}

/** What renderRows gave; undefined where a table is missing or is not understood. */
export function parseRows(
  lines: readonly string[],
  expected: readonly TableColumns[],
): Manifest['tables'] | undefined {
  const tables = lines
    .map((line) => /^table\t([0-9A-F]*)\t(\d+)\t(\d+-\d+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name = '', rows, checksum = '']) => ({ name: fromHex(name), rows: Number(rows), checksum }));
  if (tables.length !== expected.length) return undefined;
  return tables.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A dump of definitions as a hash. Where a numbering stands is no definition, and moves without a commit. */
export const schemaHash = (definitions: string): string =>
  createHash('sha256')
    .update(
      definitions.replace(/^(\) ENGINE=.*?) AUTO_INCREMENT=\d+/gm, '$1').replace(/^DO SETVAL\(.*$/gm, ''),
    )
    .digest('hex');

/** The tail of every dump: what has none was cut off. */
export const TRAILER = '-- bastide: the dump ends here\n';

/** Users of databases, and those for a while that gateways let in. */
const USER = '(?:u_[0-9a-f]{12}_\\d+|g_[a-z0-9]{16})';
const MAKERS = new RegExp(`^-- bastide: made by(?: ${USER})*$`);
const MAKER = new RegExp(`^(${USER})@%$`);

const HEADER = '-- bastide: made by';

/** The head of every dump: whom its objects name. They have to be there before the first of them is read back. */
export const header = (makers: readonly string[]): string => `${[HEADER, ...makers].join(' ')}\n`;

/** Those of a dump's first line; undefined where it is none of ours. */
export const parseHeader = (line: string): readonly string[] | undefined =>
  MAKERS.test(line)
    ? line
        .slice(HEADER.length)
        .split(' ')
        .filter((user) => user !== '')
    : undefined;

/** Who is named as the maker of something and is one of ours, or was at another time or place. */
export const parseMakers = (text: string): { readonly users: string[]; readonly strange: string[] } => {
  const makers = words(text);
  const users = makers.map((maker) => MAKER.exec(maker)?.[1]);
  return {
    users: users.filter((user) => user !== undefined),
    strange: makers.filter((_, i) => users[i] === undefined),
  };
};
