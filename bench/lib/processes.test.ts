import { expect, test } from 'vitest';
import { cpuOfTree, mebibytes, memoryOfTree, parseCpu, parsePss } from './processes.ts';

test('the proportional share, in bytes', () => {
  expect(parsePss('Rss:  2048 kB\nPss:   1024 kB\nPss_Dirty: 4 kB\n')).toBe(1024 * 1024);
});

test('this process has memory; one that is gone has none', () => {
  const own = memoryOfTree(process.pid);
  expect(own[0]?.pid).toBe(process.pid);
  expect(mebibytes(own)).toBeGreaterThan(1);
  expect(memoryOfTree(2 ** 22 + 1)).toEqual([]);
});

test('processor time in milliseconds, whatever the name is', () => {
  const fields = `S 1 1 1 0 -1 4194560 1 2 3 4 120 30 5 6 20 0`;
  expect(parseCpu(`7 (a) b) ${fields}`)).toBe(1610);
  expect(parseCpu('')).toBe(0);
});

test('processor time grows with work', () => {
  const before = cpuOfTree(process.pid);
  let i = 0;
  while (cpuOfTree(process.pid) === before && i < 100_000) i += 1;
  expect(cpuOfTree(process.pid)).toBeGreaterThan(before);
});
