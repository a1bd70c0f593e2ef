import { expect, it } from 'vitest';
import { sleep } from '../kernel/time.ts';
import { makeWatch } from './watch.ts';

/** A clock that goes on when somebody sleeps; `during` is called in the middle of a sleep. */
function makeClock() {
  const clock = {
    time: 0,
    slept: [] as number[],
    during: undefined as (() => void) | undefined,
    now: () => clock.time,
    async sleep(ms: number, signal?: AbortSignal): Promise<void> {
      clock.slept.push(ms);
      clock.during?.();
      if (!signal?.aborted) clock.time += ms;
    },
  };
  return clock;
}
const { signal } = new AbortController();

it('is often after a start and after each ring, and seldom when nothing has happened for a while', async () => {
  const clock = makeClock();
  const watch = makeWatch(clock);
  while (clock.time < 40_000) await watch.pause(400, 5_000, signal);
  expect(clock.slept).toEqual([...Array(38).fill(400), ...Array(5).fill(5_000)]);
  watch.ring();
  clock.slept.length = 0;
  await watch.pause(400, 5_000, signal);
  expect(clock.slept).toEqual([400]);
});

it('a ring ends every long pause at once', async () => {
  const clock = makeClock();
  const watch = makeWatch(clock);
  clock.time = 60_000;
  clock.during = () => watch.ring();
  await watch.pause(400, 5_000, signal);
  expect(clock.time).toBe(60_000);
  clock.during = undefined;
  await watch.pause(400, 5_000, signal);
  expect(clock.slept).toEqual([5_000, 400]);
});

it('a ring that comes while one looks is not lost', async () => {
  const clock = makeClock();
  const watch = makeWatch(clock);
  clock.time = 60_000;
  watch.ring();
  await watch.pause(400, 5_000, signal);
  expect(clock.slept).toEqual([400]);
});

it('ends with the signal, however long the pause is', async () => {
  const stop = new AbortController();
  let time = 0;
  const watch = makeWatch({ now: () => time, sleep });
  time = 60_000;
  const paused = watch.pause(400, 3_600_000, stop.signal);
  stop.abort();
  await expect(paused).resolves.toBeUndefined();
});
