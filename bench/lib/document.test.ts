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

test('headlines stand at the top with what they are measured against; without any there is no table', () => {
  const headline = { what: 'a backup, s', bastide: 12, reference: 8, ratio: 1.5, against: 'pg_dump' };
  const text = document([{ ...result(0.1), headlines: [headline] }]);
  expect(text).toContain('| a backup, s | 12 | 8 | 1.5 | pg_dump |');
  expect(text.indexOf('at a glance')).toBeLessThan(text.indexOf('## The edge'));
  expect(document([result(0.1)])).not.toContain('at a glance');
});

test('the commit is named where it is known', () => {
  expect(document([{ ...result(0.1), commit: 'abc123' }])).toContain('commit abc123');
  expect(document([result(0.1)])).not.toContain('commit');
});
