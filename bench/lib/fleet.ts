import type { TaskFacts } from '../../src/adapters/docker/port.ts';
import type { EdgeFacts } from '../../src/capabilities/edge/plan.ts';

/** A fleet that exists on paper only. */
export interface Fleet {
  readonly apps: number;
  readonly namesEach: number;
  readonly tasksEach: number;
  /** The name of the n-th route, from 1. */
  readonly name: (route: number) => string;
  readonly server: (app: number, task: number) => { readonly address: string; readonly port: number };
  readonly requestLimit: number;
}

const uuid = (kind: number, n: number): string =>
  `0193${kind.toString(16).padStart(4, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function task(fleet: Fleet, app: number, replica: number): TaskFacts {
  const { address, port } = fleet.server(app, replica);
  return {
    id: `${app.toString(36).padStart(6, '0')}${replica.toString(36).padStart(6, '0')}${'x'.repeat(13)}`,
    service: `b-web-v1-${uuid(1, app).slice(-12)}`,
    labels: {
      'bastide.project': uuid(2, app),
      'bastide.app': uuid(1, app),
      'bastide.process': 'web',
      'bastide.version': '1',
    },
    slot: replica + 1,
    state: 'running',
    wantedState: 'running',
    error: undefined,
    exitCode: undefined,
    nodeId: address,
    containerId: undefined,
    publishedPort: port,
    at: '2026-01-01T00:00:00Z',
  };
}

/** What the edge's plan looks at, for the whole fleet: every app live, all replicas running. */
export function edgeFacts(fleet: Fleet): EdgeFacts {
  const tasks = upTo(fleet.apps).flatMap((app) =>
    upTo(fleet.tasksEach).map((replica) => task(fleet, app, replica)),
  );
  return {
    apps: upTo(fleet.apps).map((app) => ({
      id: uuid(1, app),
      slot: app + 1,
      projectId: uuid(2, app),
      requestLimit: fleet.requestLimit,
      bodyLimit: 10 * 1024 ** 2,
      maintenance: false,
      hosts: upTo(fleet.namesEach).map((n) => fleet.name(app * fleet.namesEach + n + 1)),
      releases: [{ version: 1, traffic: 'live', healthPath: '/up' }],
    })),
    tasks,
    addresses: Object.fromEntries(tasks.map(({ nodeId }) => [nodeId ?? '', nodeId ?? ''])),
    certificates: [],
    challenges: [],
    platform: undefined,
  };
}
