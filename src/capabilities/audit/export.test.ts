import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noteSigner } from '../../adapters/signer/notes.ts';
import { caller, type TestApi, testApi } from '../../api/testing.ts';
import { type NoteKey, verifierKey } from '../../kernel/note.ts';
import type { ExportPage } from './model.ts';
import { parseWitnessFile } from './parse.ts';
import { seal } from './seal.ts';
import { noteKey } from './store/keeping.ts';
import { verifyFile } from './verify-file.ts';

let api: TestApi;
let operator: string;
let owner: string;
const signer = noteSigner('example.org/audit', generateKeyPairSync('ed25519').privateKey);
const call = caller(() => api);
const sealNow = () => seal(api.t.db, signer, () => new Date());

beforeAll(async () => {
  api = await testApi();
  const mine = await api.world('mine');
  const other = await api.world('other');
  owner = await api.account('owner', mine.organizationId);
  operator = await api.account('operator', null);
  await noteKey(api.t.db, verifierKey(signer.key));
  for (const [n, organization_id] of [mine, other, mine, other, mine, other].map(
    (w, i) => [i, w.organizationId] as const,
  )) {
    await api.t.db
      .insertInto('audit_log')
      .values({
        ...{
          actor: 'ann',
          action: `apps:deploy${n}`,
          target: 'app:mine',
          outcome: 'allowed',
          organization_id,
        },
        ...{ reason: `why ${n}`, request_id: `r${n}` },
      })
      .execute();
    if (n % 2 === 1) await sealNow();
  }
});
afterAll(() => api.close());

async function exported(at: '/v1/platform/audit' | '/v1/organizations/mine/audit', token: string) {
  const lines: unknown[] = [];
  let size: number | undefined;
  const whole = at === '/v1/platform/audit';
  for (let from: number | null = 0; from !== null; ) {
    const asked = `${at}/export?limit=2&from=${from}${size === undefined ? '' : `&size=${size}`}` as const;
    const page = (await call('GET', asked, { token })).json() as ExportPage;
    if (size === undefined) {
      size = page.size;
      const { origin, key } = page;
      lines.push({ format: 'bastide-audit/1', origin, key, whole, size, exportedAt: '' });
      const all = await api.t.db.selectFrom('audit_checkpoints').select('note').orderBy('size').execute();
      const told = whole
        ? all.map(({ note }) => note).filter((note) => Number(note.split('\n')[1]) <= page.size)
        : [page.checkpoint];
      lines.push(...told.map((checkpoint) => ({ checkpoint })));
    }
    lines.push(...page.lines);
    from = page.next;
  }
  return lines.map((line) => JSON.stringify(line));
}
async function* each(lines: readonly string[]) {
  yield* lines;
}
const verify = (
  lines: readonly string[],
  key: NoteKey | undefined = signer.key,
  witnessed: readonly string[] = [],
) => verifyFile(each(lines), { key, witnessed: witnessed.map((note) => ({ by: 'elsewhere', note })) });
const kinds = async (lines: readonly string[], witnessed: readonly string[] = []) =>
  (await verify(lines, signer.key, witnessed))?.faults.map(({ kind, index }) => `${kind} ${index}`);

it('is sought by what was done, to what and when, and says what is not sealed yet', async () => {
  const found = async (query: string) =>
    (
      (await call('GET', `/v1/platform/audit?${query}`, { token: operator })).json() as {
        entries: { action: string; index: number | null }[];
      }
    ).entries;
  expect((await found('request=r3')).map(({ action }) => action)).toEqual(['apps:deploy3']);
  expect((await found('actor=ann&app=mine')).length).toBe(6);
  expect(await found('actor=ann&until=2020-01-01T00:00:00Z')).toEqual([]);
  expect((await found('actor=ann&since=2020-01-01T00:00:00Z&target=app:mine')).length).toBe(6);
  expect((await found('actor=ann&action=apps:*')).length).toBe(6);
  expect(await found('actor=ann&action=app%25*')).toEqual([]);
  expect((await found('words=WHY%203')).map(({ action }) => action)).toEqual(['apps:deploy3']);
  expect(await found('words=wh_%203')).toEqual([]);
  expect(await found('actor=ann&address=192.0.2.1')).toEqual([]);
  await api.t.db
    .insertInto('audit_log')
    .values({ actor: 'x', action: 'new', target: 'y', outcome: 'done' })
    .execute();
  expect(await found('action=new')).toMatchObject([{ index: null }]);
  await sealNow();
  expect((await found('action=new'))[0]?.index).toBeGreaterThanOrEqual(6);
});

it('exports the whole log, which verifies without a server', async () => {
  const lines = await exported('/v1/platform/audit', operator);
  expect(await verify(lines)).toMatchObject({ whole: true, keyWasGiven: true, faults: [] });
  expect(await verifyFile(each(lines), { key: undefined, witnessed: [] })).toMatchObject({
    keyWasGiven: false,
    faults: [],
  });
  const other = noteSigner('example.org/audit', generateKeyPairSync('ed25519').privateKey);
  expect((await verify(lines, other.key))?.faults.length).toBeGreaterThan(0);
  expect(await verify(['{}'])).toBeUndefined();
});

it('tells what was done to an exported file, and where', async () => {
  const lines = await exported('/v1/platform/audit', operator);
  const at = (index: number) => lines.findIndex((line) => line.includes(`"index":${index},`));
  expect(await kinds(lines.map((line) => line.replace('apps:deploy3', 'apps:destroy')))).toEqual([
    'altered 3',
  ]);
  expect(await kinds(lines.map((line) => line.replace('"why 4"', '"why not"')))).toEqual(['altered 4']);
  expect((await kinds(lines.toSpliced(at(2), 1)))?.[0]).toBe('removed 2');
  expect(await kinds(lines.toSpliced(at(2), 2, lines[at(3)]!, lines[at(2)]!))).toContain('reordered 2');
  expect(await kinds(lines.toSpliced(at(3), 0, lines[at(2)]!))).toContain('reordered 2');
  expect((await kinds(lines.slice(0, at(5))))?.at(-1)).toBe('truncated 5');
  expect(await kinds(lines.with(at(1), 'nonsense'))).toContain('unreadable null');
});

it('an older export is told from a newer checkpoint', async () => {
  const older = await exported('/v1/platform/audit', operator);
  await api.t.db
    .insertInto('audit_log')
    .values({ actor: 'x', action: 'newer', target: 'y', outcome: 'done' })
    .execute();
  await sealNow();
  const newer = await exported('/v1/platform/audit', operator);
  const notes = parseWitnessFile(newer.join('\n'));
  expect((await kinds(older, notes))?.[0]).toMatch(/^rolled_back /);
});

it('exports what is an organization’s own, each entry with its proof', async () => {
  const lines = await exported('/v1/organizations/mine/audit', owner);
  expect(lines.join('\n')).not.toMatch(/apps:deploy[135]/);
  expect(await verify(lines)).toMatchObject({ whole: false, faults: [] });
  expect(await kinds(lines.map((line) => line.replace('apps:deploy2', 'apps:destroy')))).toEqual([
    'altered 2',
  ]);
  const moved = lines.map((line) => line.replace('"index":4,', '"index":5,'));
  expect(await kinds(moved)).toEqual(['altered 5']);
  const forged = lines.map((line) =>
    line.replace(/"proof":\["[^"]*"/, `"proof":["${Buffer.alloc(32).toString('base64')}"`),
  );
  expect((await kinds(forged))?.every((fault) => fault.startsWith('inserted'))).toBe(true);
  expect(
    (await call('GET', '/v1/platform/audit/export', { token: owner })).statusCode,
  ).toBeGreaterThanOrEqual(403);
});

it('reads what witnesses hold, in any form', () => {
  expect(parseWitnessFile('a\n1\n\n— x y\n')).toHaveLength(1);
  expect(parseWitnessFile('{"note":"a"}\n{"checkpoint":"b"}\n{"no')).toEqual(['a', 'b']);
  expect(parseWitnessFile('nothing')).toEqual([]);
});
