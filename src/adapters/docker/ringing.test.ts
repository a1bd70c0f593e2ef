import { expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { makeMemoryEngine } from './memory.ts';
import { ringing, ringOnEvents } from './ringing.ts';

const event = (action: string) => ({ type: 'container', action, labels: {} });

it('rings for what happens to containers, not for what is asked inside them, and when the events break off', async () => {
  const stop = new AbortController();
  let rings = 0;
  const heard: number[] = [];
  async function* events() {
    for (const action of ['start', 'exec_create: pg_isready', 'exec_die', 'health_status: healthy', 'die']) {
      yield event(action);
      heard.push(rings);
    }
    stop.abort();
    throw new Error('broken off');
  }
  await ringOnEvents({ events }, () => (rings += 1), stop.signal);
  expect(heard).toEqual([1, 1, 1, 2, 3]);
  expect(rings).toBe(4);
});

it('rings before and after every change of a service, and passes on what the engine says', async () => {
  const memory = makeMemoryEngine();
  const told: number[] = [];
  const engine = ringing(memory, () => told.push(memory.calls.length));
  for (const change of [
    () => engine.serviceScale('gone', 2),
    () => engine.serviceRestart('gone'),
    () => engine.serviceRemove('gone'),
  ]) {
    const before = memory.calls.length;
    told.length = 0;
    await change();
    expect(told).toEqual([before, before + 1]);
  }
  told.length = 0;
  expect(must(await engine.tasks({}))).toEqual([]);
  expect(told).toEqual([]);
});
