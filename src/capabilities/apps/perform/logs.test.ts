import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeMemoryEngine } from '../../../adapters/docker/memory.ts';
import type { ServiceSpec } from '../../../adapters/docker/port.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { newId } from '../../../kernel/id.ts';
import { must } from '../../../kernel/refusal.ts';
import type { AppsDeps } from '../deps.ts';
import { label, serviceName } from '../model.ts';
import { showLogs } from './logs.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await testDatabase();
});
afterAll(() => t.close());

test('of several replicas each line says which one wrote it', async () => {
  const [engine, appId, id] = [makeMemoryEngine(), newId(), newId()];
  must(await engine.swarmInit({ advertise: '', listen: '', pool: '', poolMask: 24 }));
  must(await engine.networkEnsure({ name: 'n', labels: {}, driver: 'overlay', internal: false }));
  const image = `r@sha256:${'0'.repeat(64)}`;
  engine.addImage(image);
  const name = serviceName(appId, 'web', 7);
  const labels = { [label.app]: appId, [label.process]: 'web', [label.version]: '7' };
  must(
    await engine.serviceCreate({
      ...{ name, labels, image, env: {}, user: '10001', replicas: 2, network: 'n', aliases: [], mounts: [] },
      ...{ limits: { memoryBytes: 1, cpus: 1, pids: 1 }, tmpfs: [], stopGraceSeconds: 1, restart: 'any' },
    } as unknown as ServiceSpec),
  );
  const tasks = must(await engine.tasks(labels));
  const say = (at: string, slot: number, text: string) =>
    engine.addLog(name, {
      at,
      text,
      source: 'stdout',
      task: tasks.find((task) => task.slot === slot)!.id,
    });
  say('2026-11-22T10:00:01Z', 2, 'second');
  say('2026-11-22T10:00:02Z', 1, 'first');
  engine.addLog(name, { at: '2026-11-22T10:00:03Z', text: 'from nowhere', source: 'stdout' });
  await t.db
    .insertInto('operations')
    .values({ id, kind: 'apps.logs', target: 'x', requested_by: 'ada' })
    .execute();
  const context = {
    operation: { id, appId, input: { process: null, tail: 10, follow: false } },
    signal: AbortSignal.timeout(10_000),
  } as unknown as StepContext;
  must(await showLogs({ db: t.db, engine } as unknown as AppsDeps, context));
  const said = await t.db.selectFrom('stream_chunks').select(['source', 'data']).orderBy('seq').execute();
  expect(said.map(({ source, data }) => `${source} ${data.split(' ').slice(1).join(' ')}`)).toEqual([
    'web.2.v7 second',
    'web.1.v7 first',
    'web.v7 from nowhere',
  ]);
});
