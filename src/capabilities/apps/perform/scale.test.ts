import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TaskFacts } from '../../../adapters/docker/port.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing.ts';
import { scale } from './scale.ts';

let t: TestDatabase;
let told = 0;
beforeAll(async () => {
  t = await testDatabase();
  await t.listen('bastide_routes', () => {
    told += 1;
  });
});
afterAll(() => t.close());

const task = (wantedState: string): TaskFacts => ({ service: 'web', wantedState }) as TaskFacts;
const context = { operation: { appId: 'a' }, signal: new AbortController().signal } as never;

/** An engine that has chosen which replicas end after so many looks. */
function engine(looks: number) {
  let looked = 0;
  const asked: [string, number][] = [];
  return {
    asked,
    looked: () => looked,
    serviceScale: async (name: string, replicas: number) => void asked.push([name, replicas]),
    tasks: async () => {
      looked += 1;
      return [task('running'), ...[1, 2].map(() => task(looked > looks ? 'shutdown' : 'running'))];
    },
  };
}

test('tells the edge once the engine has chosen which replicas end', async () => {
  const down = engine(3);
  told = 0;
  await scale({ db: t.db, engine: down as never }, { service: 'web', replicas: 1 }, context);
  expect([down.asked, down.looked(), told]).toEqual([[['web', 1]], 4, 1]);
});

test('waits for nothing where more are wanted', async () => {
  const more = engine(0);
  await scale({ db: t.db, engine: more as never }, { service: 'web', replicas: 5 }, context);
  expect(more.looked()).toBe(1);
});
