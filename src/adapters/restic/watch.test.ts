import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Refusal } from '../../kernel/refusal.ts';
import { watchSource } from './watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('ends what gets no further for its time, and nothing that goes on, however slowly', () => {
  const ended: string[] = [];
  const watch = watchSource(60, (why: Refusal) => ended.push(why.code));
  for (let bytes = 1; bytes <= 10; bytes += 1) {
    vi.advanceTimersByTime(59_000);
    watch.at(bytes);
  }
  expect(ended).toEqual([]);
  // It says again and again that it is where it was.
  for (let second = 1; second <= 59; second += 1) {
    vi.advanceTimersByTime(1000);
    watch.at(10);
  }
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(ended).toEqual(['restic_source_stalled']);
  watch.stop();
});

it('leaves alone what is over, and what reads no tree', () => {
  const ended: string[] = [];
  watchSource(60, (why) => ended.push(why.code)).stop();
  watchSource(undefined, (why) => ended.push(why.code)).at(1);
  vi.advanceTimersByTime(600_000);
  expect(ended).toEqual([]);
});
