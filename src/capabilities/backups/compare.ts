import type { Manifest } from '../../adapters/databases/port.ts';
import type { TreeManifest } from './model.ts';

type Content = Manifest;

/** What a restored database differs in from what was dumped; empty: equal. */
export function databaseDifferences(wanted: Content, found: Content): string[] {
  const differences: string[] = [];
  if (wanted.schema !== found.schema) differences.push('the schema differs');
  const [before, after] = [wanted, found].map(
    ({ tables }) => new Map(tables.map((table) => [table.name, table])),
  ) as [Map<string, Content['tables'][number]>, Map<string, Content['tables'][number]>];
  for (const [name, table] of before) {
    const restored = after.get(name);
    if (!restored) differences.push(`${name} is missing`);
    else if (restored.rows !== table.rows)
      differences.push(`${name} has ${restored.rows} rows instead of ${table.rows}`);
    else if (restored.checksum !== table.checksum) differences.push(`${name} has other content`);
  }
  for (const name of after.keys()) if (!before.has(name)) differences.push(`${name} is more than there was`);
  return differences;
}

export function treeDifferences(wanted: TreeManifest, found: TreeManifest): string[] {
  if (wanted.files !== found.files) return [`${found.files} files instead of ${wanted.files}`];
  if (wanted.bytes !== found.bytes) return [`${found.bytes} bytes instead of ${wanted.bytes}`];
  return wanted.tree === found.tree ? [] : ['a name, a mode, an owner or a content differs'];
}
