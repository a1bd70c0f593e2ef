import { describe, expect, it } from 'vitest';
import { databaseDifferences, treeDifferences } from './compare.ts';

const table = (name: string, rows = 2, checksum = 'x') => ({ name, rows, checksum });
const content = { schema: 's', tables: [table('a'), table('b')] };

describe('a restored database', () => {
  it('is equal whatever the order of its tables', () => {
    expect(databaseDifferences(content, { schema: 's', tables: [table('b'), table('a')] })).toEqual([]);
  });

  it.each([
    ['another schema', { ...content, schema: 't' }, 'the schema differs'],
    ['a table less', { ...content, tables: [table('a')] }, 'b is missing'],
    ['a row less', { ...content, tables: [table('a'), table('b', 1)] }, 'b has 1 rows instead of 2'],
    ['other content', { ...content, tables: [table('a'), table('b', 2, 'y')] }, 'b has other content'],
    ['a table more', { ...content, tables: [...content.tables, table('c')] }, 'c is more than there was'],
    ['nothing', { schema: 's', tables: [] }, 'a is missing'],
  ])('tells %s', (_what, found, said) => {
    expect(databaseDifferences(content, found)).toContain(said);
  });
});

it('tells files apart', () => {
  const tree = { tree: 't', files: 1, bytes: 2 };
  expect(treeDifferences(tree, { ...tree })).toEqual([]);
  for (const other of [{ tree: 'u' }, { files: 0 }, { bytes: 3 }])
    expect(treeDifferences(tree, { ...tree, ...other })).toHaveLength(1);
});
