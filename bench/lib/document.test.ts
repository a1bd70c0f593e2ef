import { expect, test } from 'vitest';
import { document } from './document.ts';
import type { Result } from './result.ts';

const result = (load: number): Result => ({
  bench: 'edge',
  title: 'The edge',
  command: 'npm run bench -- edge --rounds=2',
  date: '2026-01-02T03:04:05.000Z',
  machine: { cpu: 'A processor', cores: 2, memoryGiB: 8, kernel: '6.1', load: [load, 1, 1] },
  versions: { node: '24.1.0' },
  notes: ['How it was done.'],
  tables: [{ title: 'A table', columns: ['what', 'ms'], rows: [['plan', 2]] }],
  raw: [],
});

test('every result comes with its command, machine, date, versions, table and notes', () => {
  const text = document([result(0.1)]);
  for (const part of [
    '## The edge',
    'npm run bench -- edge --rounds=2',
    '2026-01-02 03:04 UTC',
    'A processor, 2 cores, 8 GiB',
    'node 24.1.0',
    '| plan | 2 |',
    '- How it was done.',
  ])
    expect(text).toContain(part);
});

test('a busy machine is said to have been busy, a quiet one not', () => {
  expect(document([result(9)])).toContain('was busy');
  expect(document([result(0.1)])).not.toContain('was busy');
});
