import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Item, planRecover, planRestore, planRestoreVolume, planRun, type RunFacts } from './plan.ts';

const item = (id: string, kind: Item['kind'] = 'dump'): Item => ({
  source: { type: 'database', id },
  kind,
  name: id,
});
const facts = (over: Partial<RunFacts> = {}): RunFacts => ({
  projectId: 'p',
  items: [item('a'), item('b')],
  reason: 'schedule',
  repositoriesMissing: false,
  repositories: [
    { id: 'r1', vault: 'here' },
    { id: 'r2', vault: 'away' },
  ],
  done: new Set(),
  failed: new Set(),
  ...over,
});

/** Performs until nothing is left, some steps failing; gives what was tried. */
function simulate(start: RunFacts, fails: (key: string) => boolean): string[] {
  const [done, failed, tried] = [new Set<string>(), new Set<string>(), [] as string[]];
  for (let step = planRun(start)[0]; step; ) {
    tried.push(step.key);
    (fails(step.key) ? failed : done).add(step.key);
    step = planRun({
      ...start,
      done,
      failed,
      repositoriesMissing: start.repositoriesMissing && done.size === 0,
    })[0];
  }
  return tried;
}

describe('a run', () => {
  it('takes everything to every vault, each once', () => {
    expect(simulate(facts(), () => false)).toEqual([
      'backups.take:dump:a:r1',
      'backups.take:dump:a:r2',
      'backups.take:dump:b:r1',
      'backups.take:dump:b:r2',
      'backups.putList:r1',
      'backups.putList:r2',
    ]);
  });

  it('puts the list where something was taken, and does not try that again', () => {
    const tried = simulate(facts(), (key) => key.endsWith(':r2') || key === 'backups.putList:r1');
    expect(tried.slice(4)).toEqual(['backups.putList:r1']);
  });

  it('opens repositories first, and goes on with the vaults that have one when that fails', () => {
    const start = facts({ repositoriesMissing: true });
    expect(planRun(start).map((step) => step.kind)).toEqual(['ensureRepositories']);
    const tried = simulate(start, (key) => key === 'backups.ensureRepositories');
    expect(tried).toHaveLength(7);
  });

  it('never gives up the rest for one that failed, and tries nothing twice', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
        fc.uniqueArray(fc.constantFrom('r1', 'r2', 'r3')),
        fc.func(fc.boolean()),
        (sources, repositories, fails) => {
          const start = facts({
            items: sources.map((id) => item(id)),
            repositories: repositories.map((id) => ({ id, vault: id })),
          });
          const tried = simulate(start, (key) => fails(key));
          expect(new Set(tried).size).toBe(tried.length);
          expect(tried.filter((key) => key.includes('.take:'))).toHaveLength(
            sources.length * repositories.length,
          );
        },
      ),
    );
  });
});

describe('a restore of a database', () => {
  const input = {
    backupId: 'b',
    projectId: 'p',
    databaseId: 'd',
    inPlace: true,
    incarnation: 2,
    to: null,
  };
  const none = { done: new Set<string>(), failed: new Set<string>() };
  const kinds = (steps: readonly { capability: string; kind: string }[]) =>
    steps.map((step) => `${step.capability}.${step.kind}`);

  it('in place backs up first, fills beside, and stops the old one last', () => {
    expect(kinds(planRestore(input, none, false))).toEqual([
      'backups.take',
      'backups.fill',
      'databases.stop',
      'backups.swap',
      'databases.configure',
      'databases.start',
      'databases.awaitReady',
    ]);
  });

  it('that fails before the old one stopped changes nothing', () => {
    const failed = { ...none, failed: new Set(['backups.fill']) };
    expect(planRestore(input, failed, true)).toEqual([]);
  });

  it('that fails after it starts the old one again, and then is done', () => {
    const done = new Set(['databases.stop', 'backups.swap']);
    expect(kinds(planRestore(input, { done, failed: new Set(['databases.start']) }, true))).toEqual([
      'databases.stop',
      'backups.takeBack',
      'databases.start',
      'databases.awaitReady',
    ]);
    for (const step of planRestore(input, { ...none, done }, true)) done.add(step.key);
    expect(planRestore(input, { ...none, done }, true)).toEqual([]);
  });

  it('into a new one opens it at the end, and leaves nothing of one that failed', () => {
    const fresh = { ...input, inPlace: false, incarnation: 1 };
    expect(kinds(planRestore(fresh, none, false)).at(-1)).toBe('databases.markReady');
    expect(kinds(planRestore(fresh, none, true))).toEqual([
      'databases.stop',
      'volumes.removeDirectory',
      'databases.forget',
    ]);
  });

  it('of a volume backs it up first', () => {
    const volume = { backupId: 'b', volumeId: 'v', path: null };
    expect(kinds(planRestoreVolume(volume, new Set()))).toEqual(['backups.take', 'backups.restoreVolume']);
  });
});

describe('a recovery', () => {
  const lost = (id: string, type: 'database' | 'volume' = 'database', backupId: string | null = 'b') => ({
    ...{ type, id, name: id, incarnation: 1, backupId, replayed: false },
  });
  const none = { done: new Set(['backups.adopt']), failed: new Set<string>() };

  it('sees first what the vaults have, and goes on without where they do not say', () => {
    const nothing = { done: new Set<string>(), failed: new Set<string>() };
    expect(planRecover('p', [lost('d')], nothing).map((step) => step.key)).toEqual(['backups.adopt']);
    const failed = planRecover('p', [lost('d')], { ...nothing, failed: new Set(['backups.adopt']) });
    expect(failed.length).toBeGreaterThan(2);
  });

  it('replays what has write-ahead log', () => {
    const steps = planRecover('p', [{ ...lost('d'), replayed: true }], none);
    expect(steps.map(({ kind }) => kind)).toContain('fillLatest');
    expect(steps.map(({ kind }) => kind)).not.toContain('fill');
  });

  it('brings back everything that was backed up, each by itself', () => {
    const steps = planRecover('p', [lost('d'), lost('v', 'volume'), lost('x', 'database', null)], none);
    expect(steps.map((step) => step.key)).toEqual([
      'network.ensureProject',
      'volumes.ensureStorage',
      'backups.fill:d',
      'databases.configure:d',
      'databases.start:d',
      'databases.awaitReady:d',
      'databases.markReady:d',
      'volumes.ensureDirectory:v',
      'backups.restoreVolume:v',
      'volumes.volumeReady:v',
    ]);
  });

  it('goes on with the others when one cannot be brought back', () => {
    const facts = { ...none, failed: new Set(['backups.fill:d']) };
    const steps = planRecover('p', [lost('d'), lost('e')], facts);
    expect(steps.some((step) => step.key.endsWith(':d'))).toBe(false);
    expect(steps.some((step) => step.key === 'backups.fill:e')).toBe(true);
    expect(planRecover('p', [lost('d')], { ...none, failed: new Set(['volumes.ensureStorage']) })).toEqual(
      [],
    );
  });
});
