import { expect, it } from 'vitest';
import type { TaskFacts } from '../../../adapters/docker/port.ts';
import { type EdgeApp, edgeConfig } from './config.ts';

const app = (slot: number, healthPath: string): EdgeApp => ({
  id: `app${slot}`,
  slot,
  projectId: `project${slot}`,
  requestLimit: 100,
  bodyLimit: 100,
  maintenance: false,
  hosts: [`app${slot}.localhost`],
  releases: [{ version: 1, traffic: 'candidate', healthPath }],
});

const task = (appId: string): TaskFacts => ({
  id: `task-of-${appId}`,

  service: `b-${appId}-web-v1`,
  slot: 1,
  nodeId: 'n1',
  state: 'running',
  wantedState: 'running',
  publishedPort: 30_000,
  error: undefined,
  exitCode: undefined,
  containerId: undefined,
  at: '2026-01-01T00:00:00Z',
  labels: { 'bastide.app': appId, 'bastide.process': 'web', 'bastide.version': '1' },
});

const facts = {
  addresses: { n1: '10.200.0.1' },
  certificates: [],
  challenges: [],
  platform: undefined,
};

it('a release whose health path the load balancer would not take is left out, and everybody else is there', () => {
  const tasks = [task('app1'), task('app2')];
  const { backends, routes } = edgeConfig({ ...facts, tasks, apps: [app(1, "/up';"), app(2, '/up')] });
  expect(backends.map(({ servers }) => servers.length)).toEqual([0, 1]);
  expect(routes).toHaveLength(2);
});

it('a replica that the engine is about to stop finishes what it has, though its port is in no books any more', () => {
  const ends = { ...task('app1'), id: 'ends', wantedState: 'remove' };
  const tasks = [
    task('app1'),
    ends,
    { ...ends, id: 'ends-portless', publishedPort: undefined },
    { ...ends, id: 'ended', state: 'shutdown' },
  ];
  const { backends } = edgeConfig({ ...facts, tasks, apps: [app(1, '/up')] });
  expect(backends[0]).toMatchObject({
    servers: [{ name: 'v1-task-of-app1' }],
    leaving: ['v1-ends', 'v1-ends-portles'],
  });
});
