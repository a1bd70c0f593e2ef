import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noteSigner } from '../../adapters/signer/notes.ts';
import { memorySyslog } from '../../adapters/syslog/memory.ts';
import { caller, codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';
import { forwardAll, testForward } from './forward.ts';
import { LONGEST, messageOf } from './message.ts';
import type { ForwardView } from './model/forward.ts';
import { parseWitnessFile } from './parse.ts';
import { seal } from './seal.ts';

let api: TestApi;
let operator: string;
let clock = Date.parse('2026-11-22T00:00:00Z');
const signer = noteSigner('example.org/audit', generateKeyPairSync('ed25519').privateKey);
const syslog = memorySyslog();
const deps = () => ({
  ...{ db: api.t.db, signer, witnesses: [], now: () => new Date(clock) },
  forwarder: { syslog, host: 'bastide.example.org', clientFor: async () => undefined },
});
const call = caller(() => api);
const write = (n: number) =>
  sql`insert into audit_log (actor, action, target, outcome, reason) select 'ann', 'apps:deploy', 'app:' || n, 'denied', 'été'
    from generate_series(1, ${n}::int) n`.execute(api.t.db);
const sealNow = () => seal(api.t.db, signer, () => new Date(clock));
const entries = () => syslog.messages.filter(({ id }) => id !== 'checkpoint' && id !== 'test');
const list = async () =>
  (
    (await call('GET', '/v1/platform/audit/forwards', { token: operator })).json() as {
      forwards: ForwardView[];
    }
  ).forwards;
const open = async () =>
  (await api.t.db.selectFrom('alerts').select('code').where('resolved_at', 'is', null).execute()).map(
    ({ code }) => code,
  );

beforeAll(async () => {
  api = await testApi();
  operator = await api.account('operator', null);
  await write(3);
  await sealNow();
});
afterAll(() => api.close());

it('is added by operators only, once, and with what makes sense', async () => {
  const add = (body: object, token = operator) =>
    call('POST', '/v1/platform/audit/forwards', { token, body });
  const good = { name: 'siem', host: 'logs.example.org' };
  const { organizationId } = await api.world('mine');
  expect(codeOf(await add(good, await api.account('owner', organizationId)))).toBe('access_denied');
  for (const bad of [{ host: 'a b' }, { host: 'http://x' }, { port: 0 }, { ca: 'x' }, { name: 'A' }])
    expect((await add({ ...good, ...bad })).statusCode, JSON.stringify(bad)).toBe(422);
  expect((await add(good)).statusCode).toBe(201);
  expect(codeOf(await add(good))).toBe('audit_forward_exists');
  await sealNow();
  expect((await list())[0]).toMatchObject({ name: 'siem', port: 6514, reachedAt: null, failure: null });
  expect((await list())[0]!.behind).toBeGreaterThan(3);
});

it('gets the log from its beginning, in order, and then what is new', async () => {
  await forwardAll(deps());
  const first = entries().length;
  expect(entries().map(({ data }) => Number(data.index))).toEqual([...Array(first).keys()]);
  expect((await list())[0]).toMatchObject({ behind: 0, failure: null });
  await forwardAll(deps());
  expect(entries()).toHaveLength(first);
  await write(2);
  await sealNow();
  await forwardAll(deps());
  expect(entries()).toHaveLength(first + 2);
  const last = entries().at(-1)!;
  expect(last).toMatchObject({ severity: 4, id: 'apps:deploy', host: 'bastide.example.org' });
  expect(last.text).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(last.text)).toMatchObject({ entry: { reason: 'été' }, leaf: last.data.leaf });
  expect(parseWitnessFile(syslog.messages.map(({ text }) => text).join('\n'))).toHaveLength(2);
});

it('that fails goes on where it was, and somebody gets to know', async () => {
  const before = entries().length;
  syslog.down = true;
  await write(4);
  await sealNow();
  await forwardAll(deps());
  expect((await list())[0]).toMatchObject({ behind: 4, failure: expect.stringContaining('down') });
  expect(await open()).toEqual([]);
  clock += 3_600_000;
  await forwardAll(deps());
  expect(await open()).toEqual(['audit_forward_stuck']);
  syslog.down = false;
  await sealNow();
  await forwardAll(deps());
  expect(await open()).toEqual([]);
  expect(entries().map(({ data }) => Number(data.index))).toEqual([...Array(entries().length).keys()]);
  expect(entries().length).toBeGreaterThanOrEqual(before + 4);
  expect((await list())[0]).toMatchObject({ behind: 0, failingSince: null });
});

it('is tested with a message that is no entry', async () => {
  const test = '/v1/platform/audit/forwards/siem/test' as const;
  expect((await call('POST', test, { token: operator })).statusCode).toBe(202);
  expect(codeOf(await call('POST', '/v1/platform/audit/forwards/nas/test', { token: operator }))).toBe(
    'audit_forward_not_found',
  );
  expect(await testForward(deps(), 'siem', newId())).toBeUndefined();
  expect(syslog.messages.at(-1)?.id).toBe('test');
  expect((await list())[0]!.testedAt).not.toBeNull();
  syslog.down = true;
  expect(await testForward(deps(), 'siem', newId())).toMatchObject({ code: 'syslog_unreachable' });
  syslog.down = false;
});

it('gets nothing more once it is removed, and is no alert any more', async () => {
  syslog.down = true;
  await write(1);
  await sealNow();
  await forwardAll(deps());
  clock += 3_600_000;
  await forwardAll(deps());
  expect(await open()).toEqual(['audit_forward_stuck']);
  syslog.down = false;
  const before = syslog.messages.length;
  const gone = await call('DELETE', '/v1/platform/audit/forwards/siem', { token: operator });
  expect(gone.statusCode).toBe(200);
  await forwardAll(deps());
  expect(syslog.messages).toHaveLength(before);
  expect(await open()).toEqual([]);
  expect(await list()).toEqual([]);
});

it('the retention policy is set by operators, not below the floor, and the log says to what', async () => {
  const at = '/v1/platform/audit/retention';
  const put = (days: number | null) => call('PUT', at, { token: operator, body: { days } });
  expect((await put(179)).statusCode).toBe(422);
  expect((await put(365)).json()).toMatchObject({ days: 365, floorDays: 180, due: { days: 365 } });
  const other = await call('GET', `${at}?days=200`, { token: operator });
  expect(other.json()).toMatchObject({ days: 365, due: { days: 200, entries: 0 } });
  expect((await put(null)).json()).toMatchObject({ days: null, due: null });
  const said = await api.t.db
    .selectFrom('audit_log')
    .select('detail')
    .where('action', '=', 'audit.retention')
    .orderBy('seq')
    .execute();
  expect(said.map(({ detail }) => detail)).toEqual([
    { days: 365, before: null },
    { days: null, before: 365 },
  ]);
});

it('gets an entry that is too long for a message without its detail', () => {
  const entry = {
    ...{ seq: 1, at: '2026-11-22T00:00:00.000001Z', actor: 'a', action: 'b', target: 'é', outcome: 'done' },
    ...{ organizationId: null, reason: null, sourceAddress: null, requestId: null, operationId: null },
    ...{ detail: { long: 'x'.repeat(10_000) }, salt: null, erasedBy: null },
  };
  const line = { index: 0, seq: 1, leaf: 'l', previous: 'p', sealedAt: '', committed: {}, entry };
  const message = messageOf(line, 'h');
  expect(message.text.length).toBeLessThan(LONGEST);
  expect(JSON.parse(message.text)).toMatchObject({ cut: true, entry: { detail: null } });
  expect(message.data.target).toBe('_');
  expect(messageOf({ ...line, entry: null }, 'h').id).toBe('retired');
});
