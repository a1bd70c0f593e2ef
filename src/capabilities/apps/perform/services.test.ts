import { describe, expect, it } from 'vitest';
import type { TaskFacts } from '../../../adapters/docker/port.ts';
import { whyEnded } from './services.ts';

const task = (over: Partial<TaskFacts>): TaskFacts => ({
  id: 't',
  service: 's',
  labels: {},
  slot: 1,
  state: 'running',
  wantedState: 'running',
  error: undefined,
  exitCode: undefined,
  nodeId: 'n',
  containerId: 'c',
  publishedPort: undefined,
  at: '2027-01-01T00:00:00Z',
  ...over,
});

describe('why a process ended', () => {
  it.each([
    ['none has ended', [task({})], 'it did not start in time'],
    ['its own exit code', [task({}), task({ state: 'failed', exitCode: 3 })], 'it ended with exit code 3'],
    ['an end without a failure', [task({ state: 'complete', exitCode: 0 })], 'it ended with exit code 0'],
    ['killed', [task({ state: 'failed', exitCode: 137 })], 'it was killed (exit code 137): out of memory?'],
    ["the engine's words", [task({ state: 'rejected', error: 'no such image' })], 'no such image'],
    ['nothing but its state', [task({ state: 'orphaned' })], 'orphaned'],
  ])('%s', (_, tasks, words) => expect(whyEnded(tasks)).toBe(words));
});
