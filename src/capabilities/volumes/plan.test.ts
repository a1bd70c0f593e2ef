import { describe, expect, it } from 'vitest';
import type { Operation } from '../../engine/operation.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import type { StorageFacts, VolumeFacts } from './facts.ts';
import { planCreate, planDestroy, planResize, planResume, planSuspend } from './plan.ts';

const ok = { failure: null } as Operation;
const failed = { failure: { code: 'x', message: '', next: '' } } as Operation;
const input = { projectId: 'p', volumeId: 'v' };
const kinds = (steps: readonly { kind: string }[]) => steps.map(({ kind }) => kind);

const volume = (over: Partial<VolumeFacts>): VolumeFacts => ({
  storageReady: true,
  volume: { ready: false },
  directoryReady: false,
  ...over,
});

describe('a new volume', () => {
  it('has its storage opened, then its directory made, and is offered last', () => {
    expect(kinds(must(planCreate(ok, input, volume({ storageReady: false }))))).toEqual([
      'ensureStorage',
      'ensureDirectory',
      'volumeReady',
    ]);
    expect(kinds(must(planCreate(ok, input, volume({ directoryReady: true }))))).toEqual(['volumeReady']);
    expect(must(planCreate(ok, input, volume({ directoryReady: true, volume: { ready: true } })))).toEqual(
      [],
    );
  });

  it('that was destroyed meanwhile is refused', () => {
    const refused = planCreate(ok, input, volume({ volume: undefined }));
    expect(isRefusal(refused) && refused.code).toBe('volume_not_found');
  });
});

describe('a destroyed volume', () => {
  it('loses its data before its name is forgotten', () => {
    expect(kinds(planDestroy(ok, input, volume({ directoryReady: true })))).toEqual([
      'removeDirectory',
      'forgetVolume',
    ]);
    expect(kinds(planDestroy(ok, input, volume({})))).toEqual(['forgetVolume']);
    expect(planDestroy(ok, input, volume({ volume: undefined }))).toEqual([]);
  });
});

const storage = (over: Partial<StorageFacts>): StorageFacts => ({
  suspended: true,
  stored: true,
  mounted: true,
  unlocked: true,
  services: [
    { name: 'db', replicas: 1, wanted: 1 },
    { name: 'none', replicas: 0, wanted: 0 },
  ],
  running: ['db'],
  ...over,
});

describe('suspending', () => {
  it('stops, waits, and locks last', () => {
    expect(kinds(must(planSuspend(ok, 'p', storage({}))))).toEqual([
      'scaleService',
      'awaitStopped',
      'lockStorage',
    ]);
  });
  it('locks what is mounted and already without its key', () => {
    const facts = storage({ services: [], running: [], unlocked: false });
    expect(kinds(must(planSuspend(ok, 'p', facts)))).toEqual(['lockStorage']);
  });
  it('is done once nothing is mounted', () => {
    expect(
      must(planSuspend(ok, 'p', storage({ services: [], running: [], unlocked: false, mounted: false }))),
    ).toEqual([]);
  });
});

describe('resuming', () => {
  it('unlocks before it starts, and starts only what is wanted', () => {
    const facts = storage({
      suspended: false,
      unlocked: false,
      services: [
        { name: 'db', replicas: 0, wanted: 1 },
        { name: 'worker', replicas: 0, wanted: 0 },
      ],
    });
    expect(kinds(must(planResume(ok, 'p', facts)))).toEqual(['ensureStorage', 'scaleService']);
  });
  it('of a project that stores nothing opens nothing', () => {
    const facts = storage({ suspended: false, stored: false, unlocked: false, services: [] });
    expect(must(planResume(ok, 'p', facts))).toEqual([]);
  });
});

it('more room is asked for once, and what is not there yet needs none', () => {
  expect(kinds(must(planResize(ok, 'p', { ...storage({}), done: false })))).toEqual(['resizeStorage']);
  expect(must(planResize(ok, 'p', { ...storage({}), done: true }))).toEqual([]);
  expect(must(planResize(ok, 'p', { ...storage({ stored: false }), done: false }))).toEqual([]);
});

it.each([
  () => planCreate(failed, input, volume({})),
  () => planDestroy(failed, input, volume({})),
  () => planSuspend(failed, 'p', storage({})),
  () => planResume(failed, 'p', storage({ suspended: false })),
  () => planResize(failed, 'p', { ...storage({}), done: false }),
])('what failed is left as it is', (plan) => expect(must(plan())).toEqual([]));

it('a project that is gone is refused', () => {
  for (const plan of [planSuspend, planResume])
    expect(isRefusal(plan(ok, 'p', storage({ suspended: undefined })))).toBe(true);
});
