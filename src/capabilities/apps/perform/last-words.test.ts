import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeMemoryEngine } from '../../../adapters/docker/memory.ts';
import { type TestApi, testApi } from '../../../api/testing.ts';
import { newId } from '../../../kernel/id.ts';
import type { AppsDeps } from '../deps.ts';
import { serviceName } from '../model.ts';
import { makeAppsPerform } from '../perform.ts';

let api: TestApi;
let shop: Awaited<ReturnType<TestApi['world']>>;
beforeAll(async () => {
  api = await testApi();
  shop = await api.world('shop');
});
afterAll(() => api.close());

test('a release that is given up keeps what its processes wrote last, for those who may read logs', async () => {
  const engine = makeMemoryEngine();
  const releaseId = newId();
  const owner = { organization_id: shop.organizationId, app_id: shop.appId };
  const [build] = await api.t.db
    .insertInto('builds')
    .values({ id: newId(), ...owner, operation_id: shop.operationId, source: '{}' })
    .returning('id')
    .execute();
  await api.t.db
    .insertInto('releases')
    .values({
      id: releaseId,
      ...owner,
      version: 7,
      build_id: build!.id,
      repository: 'r',
      digest: 'sha256:0',
      processes: '{"web":{"command":null},"worker":{"command":["x"]}}',
      config: '{}',
      health_path: '/up',
      description: '',
      created_by: 'test',
      operation_id: newId(),
    })
    .execute();
  for (let n = 1; n <= 150; n += 1)
    engine.addLog(serviceName(shop.appId, 'web', 7), {
      at: '2027-01-01T00:00:00Z',
      source: 'stderr',
      text: n === 150 ? 'no such\0table' : `line ${n}`,
    });
  const perform = makeAppsPerform({ db: api.t.db, engine } as unknown as AppsDeps);
  const failure = { code: 'release_unhealthy', message: 'M', next: 'N' };
  const step = { capability: 'apps', kind: 'abandon', key: 'k', summary: 's', input: { releaseId } };
  const context = { operation: { failure }, log: () => undefined, signal: AbortSignal.abort() };
  expect(await perform(step, context as unknown as Parameters<typeof perform>[1])).toBeUndefined();

  const get = async (token: string, version = '7') =>
    api.server.inject({
      method: 'GET',
      url: `/v1/apps/shop/releases/${version}`,
      headers: { authorization: `Bearer ${token}` },
    });
  const viewer = await api.account('viewer', shop.organizationId);
  const shown = (await get(viewer)).json() as { lastLines: Record<string, string[]>; status: string };
  expect(shown).toMatchObject({ status: 'failed', failure });
  expect(Object.keys(shown.lastLines)).toEqual(['web']);
  expect([shown.lastLines.web!.length, shown.lastLines.web!.at(-1)]).toEqual([100, 'no suchtable']);
  expect((await get(viewer, '8')).statusCode).toBe(404);
  const other = await api.world('other');
  expect((await get(await api.account('owner', other.organizationId))).statusCode).toBe(404);
});
