import { describe, expect, it } from 'vitest';
import type { Operation } from '../../engine/operation.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import type { AttachmentFacts, DatabaseFacts } from './facts.ts';
import * as plan from './plan.ts';

const operation = { id: '0199-b', failure: null, input: {} } as unknown as Operation;
const failed = { ...operation, failure: { code: 'x', message: 'y', next: 'z' } } as Operation;
const facts = (
  over: Partial<Omit<DatabaseFacts, 'database'>> = {},
  database: Partial<DatabaseFacts['database']> = {},
): DatabaseFacts => ({
  database: {
    id: 'd1',
    name: 'shop-db',
    projectId: 'p1',
    engine: 'postgres',
    version: '15',
    status: 'ready',
    credential: 1,
    incarnation: 1,
    previous: null,
    extensions: [],
    ...database,
  },
  networkReady: true,
  storageReady: true,
  missing: [],
  stored: true,
  configured: true,
  served: true,
  service: { replicas: 1 },
  ready: true,
  credentials: [{ generation: 1, status: 'active' }],
  attachments: [],
  done: new Set(),
  ...over,
});
const app = (over: Partial<AttachmentFacts> = {}): AttachmentFacts => ({
  id: 'a1',
  appId: 'app1',
  app: 'shop',
  main: true,
  detaching: false,
  credential: 1,
  release: null,
  live: true,
  ...over,
});
const kinds = (steps: readonly Step[]) => steps.map((step) => `${step.capability}.${step.kind}`);
const planned = (outcome: ReturnType<typeof plan.planCreate>) => kinds(must(outcome));

describe('a database', () => {
  it('is made from nothing in one order, and not again', () => {
    const nothing = facts(
      {
        networkReady: false,
        storageReady: false,
        missing: [{ path: 'databases/d1/data', uid: 70 }],
        configured: false,
        served: false,
        service: null,
        ready: false,
        credentials: [],
      },
      { status: 'creating', credential: 0 },
    );
    expect(planned(plan.planCreate(operation, nothing))).toEqual([
      'network.ensureProject',
      'volumes.ensureStorage',
      'volumes.ensureDirectory',
      'databases.configure',
      'databases.start',
      'databases.awaitReady',
      'databases.prepare',
      'databases.addUser',
      'databases.markReady',
    ]);
    expect(planned(plan.planCreate(operation, facts()))).toEqual([]);
  });

  it('that could not be made leaves nothing', () => {
    const half = facts({ ready: false }, { status: 'creating', credential: 0 });
    expect(planned(plan.planCreate(failed, half))).toEqual([
      'databases.stop',
      'volumes.removeDirectory',
      'databases.forget',
    ]);
    expect(planned(plan.planCreate(failed, facts()))).toEqual([]);
  });

  it('comes back where it is not running though it should', () => {
    expect(planned(plan.planConverge(operation, facts({ service: null, ready: false })))).toEqual([
      'databases.start',
      'databases.awaitReady',
    ]);
    expect(planned(plan.planConverge(operation, facts({ service: null }, { status: 'creating' })))).toEqual(
      [],
    );
  });
});

describe('a certificate that was made anew', () => {
  const converge = (over: Partial<DatabaseFacts>) => planned(plan.planConverge(operation, facts(over)));

  it('reaches the server that runs, also when we were killed in between', () => {
    expect(converge({ configured: false })).toEqual(['databases.configure', 'databases.reload']);
    expect(converge({ served: false })).toEqual(['databases.reload']);
    expect(converge({ served: false, ready: false })).toEqual(['databases.awaitReady', 'databases.reload']);
    expect(converge({})).toEqual([]);
  });

  it('is read by the one that starts', () => {
    expect(converge({ configured: false, served: false, service: { replicas: 0 }, ready: false })).toEqual([
      'databases.configure',
      'databases.start',
      'databases.awaitReady',
    ]);
  });
});

describe('an attached app', () => {
  it('gets its config vars, then a release, then is waited for', () => {
    const at = (over: Partial<AttachmentFacts>) =>
      plan.planAttach(operation, facts({ attachments: [app(over)] }), { attachmentId: 'a1' });
    expect(planned(at({ credential: 0 }))).toEqual(['databases.giveConfig']);
    expect(planned(at({}))).toEqual(['databases.release']);
    expect(planned(at({ release: { id: '0199-c', status: 'running' } }))).toEqual(['databases.awaitRelease']);
    expect(planned(at({ release: { id: '0199-c', status: 'succeeded' } }))).toEqual([]);
    expect(planned(at({ live: false }))).toEqual([]);
    expect(isRefusal(at({ release: { id: '0199-c', status: 'failed' } }))).toBe(true);
    expect(planned(at({ release: { id: '0199-a', status: 'failed' } }))).toEqual(['databases.release']);
  });

  it('loses its config vars before it is forgotten', () => {
    const at = (over: Partial<AttachmentFacts>) =>
      planned(plan.planDetach(operation, facts({ attachments: [app(over)] }), { attachmentId: 'a1' }));
    expect(at({})).toEqual(['databases.takeConfig']);
    expect(at({ credential: 0 })).toEqual(['databases.release']);
    expect(at({ credential: 0, release: { id: '0199-c', status: 'succeeded' } })).toEqual([
      'databases.forgetAttachment',
    ]);
    expect(at({ credential: 0, live: false })).toEqual(['databases.forgetAttachment']);
  });

  it('takes the promoted database as its main one first', () => {
    const at = (over: Partial<AttachmentFacts>) =>
      planned(plan.planPromote(operation, facts({ attachments: [app(over)] }), { attachmentId: 'a1' }));
    expect(at({ main: false })).toEqual(['databases.makeMain']);
    expect(at({ credential: 0 })).toEqual(['databases.giveConfig']);
  });
});

describe('a rotation', () => {
  const rotate = (over: Parameters<typeof facts>[0], credential: number) =>
    plan.planRotate(operation, facts(over, { credential }), { generation: 2 });
  const both = [
    { generation: 1, status: 'retiring' },
    { generation: 2, status: 'active' },
  ];

  it('never removes the old user while an app may use it', () => {
    const attachments = [app({ credential: 1 })];
    expect(planned(rotate({ attachments }, 1))).toEqual(['databases.addUser']);
    expect(planned(rotate({ attachments, credentials: both }, 2))).toEqual(['databases.giveConfig']);
    for (const status of ['queued', 'running'])
      expect(
        planned(
          rotate(
            { attachments: [app({ credential: 2, release: { id: '0199-c', status } })], credentials: both },
            2,
          ),
        ),
      ).toEqual(['databases.awaitRelease']);
    const broken = rotate(
      {
        attachments: [app({ credential: 2, release: { id: '0199-c', status: 'failed' } })],
        credentials: both,
      },
      2,
    );
    expect(isRefusal(broken) && broken.code).toBe('database_release_failed');
  });

  it('ends with one user', () => {
    const moved = [app({ credential: 2, release: { id: '0199-c', status: 'succeeded' } })];
    expect(planned(rotate({ attachments: moved, credentials: both }, 2))).toEqual(['databases.dropUser']);
    const one = [{ generation: 1, status: 'dropped' }, both[1]!];
    expect(planned(rotate({ attachments: moved, credentials: one }, 2))).toEqual([]);
  });
});

describe('an upgrade', () => {
  const input = { version: '17', backup: true };

  it('takes a backup, copies, and only then goes over', () => {
    expect(planned(plan.planUpgrade(operation, facts(), input))).toEqual([
      'backups.take',
      'databases.copyToNew',
      'databases.switchVersion',
    ]);
    expect(planned(plan.planUpgrade(operation, facts({}, { version: '17' }), input))).toEqual([]);
  });

  it('that fails opens the old one again', () => {
    expect(planned(plan.planUpgrade(failed, facts(), input))).toEqual(['databases.thaw']);
    expect(planned(plan.planUpgrade(failed, facts({ done: new Set(['databases.thaw:d1']) }), input))).toEqual(
      [],
    );
  });

  it('has a way back once', () => {
    const previous = { incarnation: 1, version: '15' };
    expect(planned(plan.planDowngrade(operation, facts({}, { previous })))).toEqual(['databases.switchBack']);
    expect(isRefusal(plan.planDowngrade(operation, facts()))).toBe(true);
  });
});

it('a fork is compared before it is opened', () => {
  const fresh = facts({ credentials: [] }, { status: 'creating', credential: 0 });
  expect(planned(plan.planFork(operation, fresh, { from: 'd0' }))).toEqual([
    'databases.prepare',
    'databases.copy',
    'databases.addUser',
    'databases.markReady',
  ]);
});

describe('destroying', () => {
  it('backs up first, unless told not to', () => {
    const going = facts({}, { status: 'destroying' });
    expect(planned(plan.planDestroy(operation, going, { backup: true }))[0]).toBe('backups.take');
    expect(planned(plan.planDestroy(operation, going, { backup: false }))).toEqual([
      'databases.stop',
      'volumes.removeDirectory',
      'databases.forget',
    ]);
  });

  it('keeps the database where the backup failed', () => {
    const going = facts({}, { status: 'destroying' });
    expect(planned(plan.planDestroy(failed, going, { backup: true }))).toEqual(['databases.keep']);
  });
});

it('an extension is switched once', () => {
  const input = { extension: 'pg_trgm', on: true };
  expect(planned(plan.planExtension(operation, facts(), input))).toEqual(['databases.setExtension']);
  expect(planned(plan.planExtension(operation, facts({}, { extensions: ['pg_trgm'] }), input))).toEqual([]);
});
