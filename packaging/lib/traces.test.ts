import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { added, traces } from './traces.ts';

it('says what came and stayed, not what was there or went', () => {
  expect(added(new Set(['a', 'b']), new Set(['d', 'b', 'c']))).toEqual(['c', 'd']);
});

it('sees a directory of a test that did not clean up', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bastide-planted-'));
  try {
    expect(await traces()).toContain(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
  expect(await traces()).not.toContain(directory);
});
