import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Item, planRun, type RunFacts } from './plan.ts';

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
    ]);
  });

  it('opens repositories first, and goes on with the vaults that have one when that fails', () => {
    const start = facts({ repositoriesMissing: true });
    expect(planRun(start).map((step) => step.kind)).toEqual(['ensureRepositories']);
    const tried = simulate(start, (key) => key === 'backups.ensureRepositories');
    expect(tried).toHaveLength(5);
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
          expect(tried).toHaveLength(sources.length * repositories.length);
        },
      ),
    );
  });
});
