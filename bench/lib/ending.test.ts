import { expect, test } from 'vitest';
import { makeEnding } from './ending.ts';

test('what was made is undone in reverse, each of it, also where the work failed', async () => {
  const undone: number[] = [];
  const before = process.exitCode;
  const work = async () => {
    await using ending = makeEnding();
    ending.defer(() => void undone.push(1));
    ending.defer(() => {
      throw new Error('planted: this one cannot be undone');
    });
    ending.defer(async () => void undone.push(3));
    throw new Error('the work failed');
  };
  await expect(work()).rejects.toThrow('the work failed');
  expect(undone).toEqual([3, 1]);
  // Nobody who starts it takes a bench that left something behind for a clean one.
  expect(process.exitCode).toBe(1);
  process.exitCode = before;
});

test('a signal aborts what runs, and its handlers go with the end', async () => {
  const there = () => process.listenerCount('SIGTERM');
  const before = there();
  const ending = makeEnding();
  expect(there()).toBe(before + 1);
  expect(ending.signal.aborted).toBe(false);
  await ending[Symbol.asyncDispose]();
  expect(there()).toBe(before);
});
