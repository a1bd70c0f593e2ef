import { expect, test } from 'vitest';
import { edgeConfig } from '../../src/capabilities/edge/plan.ts';
import { edgeFacts } from './fleet.ts';

test('every app of the fleet has its names and a server for each replica', () => {
  const config = edgeConfig(
    edgeFacts({
      apps: 3,
      namesEach: 2,
      tasksEach: 4,
      name: (route) => `app${route}.example.org`,
      server: (app) => ({ address: '10.200.0.1', port: 9000 + app }),
      requestLimit: 10,
    }),
  );
  expect(config.routes.map(({ host }) => host)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `app${n}.example.org`));
  expect(config.backends.map(({ servers }) => servers.length)).toEqual([4, 4, 4]);
  expect(new Set(config.backends.flatMap(({ servers }) => servers.map(({ name }) => name))).size).toBe(12);
});
