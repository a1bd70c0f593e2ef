import { expect, it } from 'vitest';
import { news, secondsOf } from './follow.ts';

const done = {
  name: 'engine',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:02.500Z',
};
const doing = { name: 'database', startedAt: '2026-01-01T00:00:03.000Z' };

it('tells each finished stage once and what is being done', () => {
  const status = { pid: 1, stages: [done, doing], ready: false };
  expect(news(new Set(), status)).toEqual({ done: [done], doing: 'database' });
  expect(news(new Set(['engine']), status)).toEqual({ done: [], doing: 'database' });
  expect(news(new Set(), { ...status, stages: [] }).doing).toBe('waiting for the agent');
});

it('gives the time a stage took', () => {
  expect(secondsOf(done)).toBe(2.5);
});
