import { expect, test } from 'vitest';
import { firstDeploy, points, redeploy, settled } from './worlds.ts';

test('a simulated deploy passes many points and ends with the new version alone', () => {
  expect(points(firstDeploy()).length).toBeGreaterThan(6);
  const end = points(redeploy()).at(-1)!;
  expect(end.live?.version).toBe(2);
  expect(end.services.map(({ version }) => version)).toEqual([2]);
});

test('a settled app has nothing under way', () => {
  expect(settled()).toMatchObject({ candidate: null, build: null, live: { version: 1, traffic: 'live' } });
});
