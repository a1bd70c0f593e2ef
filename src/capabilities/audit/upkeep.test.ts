import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noteSigner } from '../../adapters/signer/notes.ts';
import { httpWitness } from '../../adapters/witness/http.ts';
import { memoryWitness, startWitness } from '../../adapters/witness/memory.ts';
import { type TestDatabase, testDatabase } from '../../db/testing.ts';
import { copyLog, putBack } from './testing.ts';
import { keepSealed, publishAll, watchLog } from './upkeep.ts';

let t: TestDatabase;
let clock = Date.parse('2026-11-22T00:00:00Z');
const signer = noteSigner('example.org/audit', generateKeyPairSync('ed25519').privateKey);
const memory = memoryWitness('memory');
let served: Awaited<ReturnType<typeof startWitness>>;
const deps = () => ({
  ...{ db: t.db, signer, now: () => new Date(clock) },
  witnesses: [memory, httpWitness('http', served.url)],
});
const write = (n: number) =>
  sql`insert into audit_log (actor, action, target, outcome) select 'a', 'b', 'c' || n, 'done' from generate_series(1, ${n}::int) n`.execute(
    t.db,
  );
const open = async () =>
  (
    await t.db.selectFrom('alerts').select('code').where('resolved_at', 'is', null).orderBy('code').execute()
  ).map(({ code }) => code);
const sizes = (notes: readonly string[]) => notes.map((note) => Number(note.split('\n')[1]));

beforeAll(async () => {
  t = await testDatabase();
  served = await startWitness(signer.key);
});
afterAll(async () => {
  await served.close();
  await t.close();
});

it('gives each witness what is new, with the proof that it goes on', async () => {
  await publishAll(deps());
  expect(memory.notes).toEqual([]);
  for (const n of [3, 5]) {
    await write(n);
    await keepSealed(deps());
    await publishAll(deps());
    await publishAll(deps());
  }
  expect(sizes(memory.notes)).toEqual([3, 8]);
  expect(sizes(served.notes)).toEqual([3, 8]);
  await copyLog(t.db, 'older');
});

it('tells of a witness that is behind, and of none that comes back in time', async () => {
  memory.down = true;
  await write(2);
  await keepSealed(deps());
  await publishAll(deps());
  expect(sizes(served.notes)).toEqual([3, 8, 10]);
  expect(await open()).toEqual([]);
  clock += 3_600_000;
  await publishAll(deps());
  expect(await open()).toEqual(['audit_witness_behind']);
  memory.down = false;
  await publishAll(deps());
  expect(await open()).toEqual([]);
  expect(sizes(memory.notes)).toEqual([3, 8, 10]);
});

it('tells at once of a log that was rolled back, and where', async () => {
  await watchLog(deps());
  expect(await open()).toEqual([]);
  await putBack(t.db, 'older');
  await publishAll(deps());
  await watchLog(deps());
  expect(await open()).toEqual(['audit_broken', 'audit_witness_conflict', 'audit_witness_conflict']);
  const { message } = await t.db
    .selectFrom('alerts')
    .select('message')
    .where('code', '=', 'audit_broken')
    .executeTakeFirstOrThrow();
  expect(message).toMatch(/rolled back: entry 8/);
});
