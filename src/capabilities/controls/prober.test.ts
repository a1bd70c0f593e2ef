import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Control } from '../../../controls/contract/control.ts';
import { Bundle, checkBundle } from '../../../controls/contract/evidence.ts';
import { probe } from '../../../controls/prober/main.ts';
import { openState } from '../../../controls/prober/state.ts';
import { type TestApi, testApi } from '../../api/testing.ts';
import { AssessmentResults } from './oscal.ts';
import { runsOf } from './store.ts';
import { testProber } from './testing.ts';
import { watchControls } from './upkeep.ts';

/** A prober at its work against the whole API, over a socket. */
let api: TestApi;
let server: string;
let state: string;
let operator: string;
const stop = new AbortController();
let probing: Promise<void>;
const logged: string[] = [];
let verdict: 'held' | 'broken' = 'held';
const failing = { boom: false };

const control: Control = {
  id: 'data/planted',
  claims: ['DAT-5'],
  sentence: 'The world is as it was planted for this test.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    if (failing.boom) throw new Error('boom');
    return { account: (await tools.api('a', 'GET', '/v1/account')).body };
  },
  judge: () => ({ verdict, reason: `the world was planted ${verdict}` }),
  restore: async () => {},
};
const drill: Control = { ...control, id: 'data/drill', when: 'drill' };
const outside: Control = { ...control, id: 'edge/outside', position: 'outside' };

const ask = async (method: 'GET' | 'POST', url: string, token: string, body?: unknown) => {
  const answer = await api.server.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
};

/** Asks for a run and waits for its end. */
async function run(selection: unknown) {
  const { status, body } = await ask('POST', '/v1/controls/runs', operator, selection);
  expect(status).toBe(202);
  for (;;) {
    const { runs } = await runsOf(api.t.db, String(body.operationId));
    if (runs.every(({ finished }) => finished)) return runs;
    await sleep(50);
  }
}

beforeAll(async () => {
  api = await testApi();
  await api.server.listen({ port: 0, host: '127.0.0.1' });
  server = `http://127.0.0.1:${(api.server.server.address() as AddressInfo).port}`;
  operator = await api.account('operator');
  state = await mkdtemp(join(tmpdir(), 'bastide-prober-'));
  const made = await ask('POST', '/v1/prober/enrolments', operator, { position: 'inside' });
  probing = probe({
    server,
    way: { address: undefined, ca: undefined },
    address: '127.0.0.1',
    state,
    enrolment: async () => String(made.body.token),
    controls: [control, drill, outside],
    log: (line) => void logged.push(line),
    signal: stop.signal,
  });
  while (!logged.includes('3 controls')) {
    expect(logged.slice(-1), 'it enrols and says what it can try').toEqual(
      expect.not.arrayContaining([expect.stringMatching(/refused|40\d|50\d/)]),
    );
    await sleep(50);
  }
});
afterAll(async () => {
  stop.abort();
  await probing;
  await api.close();
  await rm(state, { recursive: true });
});

it('runs what is asked for, as a tenant of its own', async () => {
  expect(await run({ control: 'data/planted' })).toMatchObject([
    { control: 'data/planted', verdict: 'held' },
  ]);
  const { body } = await ask('GET', '/v1/controls/data/planted', operator);
  expect(body).toMatchObject({ verdict: 'held', freshness: 'fresh' });
  expect(JSON.stringify(body.history)).toContain('prober-canary-a');
});

it('runs no drill unless it is named, and none that needs another position', async () => {
  expect((await run({ area: 'data' })).map(({ control: id }) => id)).toEqual(['data/planted']);
  expect(await run({ control: 'data/drill' })).toMatchObject([{ verdict: 'held' }]);
  const { body } = await ask('GET', '/v1/controls', operator);
  const controls = body.controls as { id: string; verdict: string | null }[];
  expect(controls.find(({ id }) => id === 'edge/outside')?.verdict).toBeNull();
});

it('tells a broken control as an alert, until it holds again', async () => {
  const open = async () => {
    await watchControls(api.t.db, new Date());
    const rows = await api.t.db.selectFrom('alerts').selectAll().where('resolved_at', 'is', null).execute();
    return rows.map(({ code, subject }) => `${code} ${subject}`);
  };
  verdict = 'broken';
  await run({ control: 'data/planted' });
  expect(await open()).toContain('control_broken control:data/planted');
  failing.boom = true;
  expect(await run({ control: 'data/planted' })).toMatchObject([{ verdict: 'inconclusive' }]);
  expect(await open(), 'an attack that did not take place heals nothing').toContain(
    'control_broken control:data/planted',
  );
  failing.boom = false;
  verdict = 'held';
  await run({ control: 'data/planted' });
  expect(await open()).not.toContain('control_broken control:data/planted');
});

it('tells what was not proven for too long', async () => {
  await watchControls(api.t.db, new Date(Date.now() + 49 * 3_600_000));
  const rows = await api.t.db
    .selectFrom('alerts')
    .select(['subject'])
    .where('code', '=', 'control_overdue')
    .execute();
  expect(rows.map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(['control:edge/outside', 'control:data/planted']),
  );
});

it('exports what can be verified, and what OSCAL asks for', async () => {
  const bundle = Bundle.parse((await ask('GET', '/v1/controls/evidence', operator)).body);
  const { entries, faults } = checkBundle(bundle);
  expect(faults).toEqual([]);
  expect(entries).toBeGreaterThan(4);
  const oscal = await ask('GET', '/v1/controls/oscal', operator);
  expect(AssessmentResults.safeParse(oscal.body).error).toBeUndefined();
});

it('takes no evidence but the next record of the prober that hands it in', async () => {
  const { tokens, privateKey: _, ...rest } = (await openState(state)).get();
  const token = tokens!.prober;
  const send = (entry: unknown, by = token) => ask('POST', '/v1/prober/evidence', by, { entry });
  const stranger = testProber();
  for (const entry of [stranger.next(), { record: '{}', signature: '' }])
    expect(await send(entry)).toMatchObject({ status: 409, body: { error: { code: 'evidence_refused' } } });
  const bundle = Bundle.parse((await ask('GET', '/v1/controls/evidence', operator)).body);
  expect(await send(bundle.probers[0]!.entries[0])).toMatchObject({ status: 409 });
  expect((await send(bundle.probers[0]!.entries.at(-1))).status, 'sent twice').toBe(201);
  expect((await send(stranger.next(), tokens!.a)).status, 'a tenant').toBe(403);
  expect(rest.seq).toBe(bundle.probers[0]!.entries.length);
});

it('what is stored cannot be changed or removed', async () => {
  const { db } = api.t;
  await expect(db.updateTable('evidence').set({ verdict: 'held' }).execute()).rejects.toThrow('append-only');
  await expect(db.deleteFrom('evidence').execute()).rejects.toThrow('append-only');
});

it('an enrolment token is good once', async () => {
  const { body } = await ask('POST', '/v1/prober/enrolments', operator, {});
  const enrol = () =>
    api.server.inject({
      method: 'POST',
      url: '/v1/prober/enrol',
      payload: { token: body.token, publicKey: testProber().publicKey },
    });
  expect((await enrol()).statusCode).toBe(201);
  expect((await enrol()).statusCode).toBe(401);
});

it('a prober is no operator', async () => {
  const token = (await openState(state)).get().tokens!.prober;
  for (const [method, url] of [
    ['POST', '/v1/controls/runs'],
    ['GET', '/v1/controls/evidence'],
    ['POST', '/v1/prober/enrolments'],
    ['GET', '/v1/platform/audit'],
  ] as const)
    expect((await ask(method, url, token, method === 'POST' ? {} : undefined)).status, url).toBe(403);
});

it('misses a prober that is silent, and none where controls are switched off', async () => {
  const { db } = api.t;
  stop.abort();
  await probing;
  const open = async (own: boolean) => {
    await watchControls(db, new Date(Date.now() + 49 * 3_600_000), own);
    const rows = await db.selectFrom('alerts').select('code').where('resolved_at', 'is', null).execute();
    return rows.map(({ code }) => code).filter((code) => /silent|overdue/.test(code));
  };
  await db
    .updateTable('probers')
    .set({ seen_at: new Date(Date.now() - 86_400_000), position: 'inside' })
    .execute();
  expect(await open(true)).toEqual(expect.arrayContaining(['prober_silent', 'control_overdue']));
  expect(await open(false)).toEqual([]);
  await db.updateTable('probers').set({ position: 'outside' }).execute();
  expect(await open(false), 'another machine has one').toContain('prober_silent');
});
