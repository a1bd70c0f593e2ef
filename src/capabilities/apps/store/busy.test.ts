import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../db/testing.ts';
import { newId } from '../../../kernel/id.ts';
import { busyTargets, DRIFT } from './apps.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());

async function asked(
  target: string,
  by: string,
  status: 'queued' | 'failed',
  minutesAgo?: number,
): Promise<boolean> {
  const ended = minutesAgo === undefined ? null : new Date(Date.now() - minutesAgo * 60_000);
  await t.db
    .insertInto('operations')
    .values({ id: newId(), kind: 'apps.converge', target, requested_by: by, status, finished_at: ended })
    .execute();
  return (await busyTargets(t.db)).has(target);
}

it('the drift check waits for what runs, and after a failure of its own, but not for ever', async () => {
  expect(await asked('app:queued', 'ada', 'queued')).toBe(true);
  expect(await asked('app:failed', 'ada', 'failed', 1)).toBe(false);
  expect(await asked('app:drifted', DRIFT, 'failed', 1)).toBe(true);
  expect(await asked('app:long-ago', DRIFT, 'failed', 6)).toBe(false);
});
