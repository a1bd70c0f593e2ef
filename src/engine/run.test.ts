import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../db/schema.ts';
import { testDatabase } from '../db/testing.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { OperationKind, Perform, Table } from './capability.ts';
import { claim, reclaim } from './journal.ts';
import { runOperation } from './run.ts';
import { submit } from './submit.ts';

/** A capability that counts to three, one step a number, in a world that outlives its agent. */
function counter(world: { at: number; cleaned: boolean }, perform?: Perform): Table {
  const kind: OperationKind<number> = {
    kind: 'test.count',
    observe: async () => world.at,
    plan: (operation, at) => {
      const key = operation.failure ? 'clean' : `to-${at + 1}`;
      if (operation.failure ? world.cleaned : at >= 3) return [];
      return [
        { capability: 'test', kind: operation.failure ? 'clean' : 'count', key, summary: key, input: {} },
      ];
    },
    result: (_operation, at) => ({ at }),
  };
  const count: Perform = async (step) => {
    if (step.kind === 'clean') world.cleaned = true;
    else world.at += 1;
  };
  return {
    kinds: new Map([[kind.kind, kind as OperationKind]]),
    performers: new Map([['test', perform ?? count]]),
  };
}

let db: Kysely<Database>;
let close: () => Promise<void>;
const signal = new AbortController().signal;

beforeEach(async () => {
  const test = await testDatabase();
  db = test.db;
  close = test.close;
});
afterEach(() => close());

const ask = (target = 't') =>
  db
    .transaction()
    .execute((tx) =>
      submit(tx, { kind: 'test.count', target, organizationId: null, input: {}, actor: 'ada' }),
    );
const outcome = (id: string) =>
  db
    .selectFrom('operations')
    .select(['status', 'failure', 'result', 'attempts'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
const steps = async (id: string) =>
  (
    await db
      .selectFrom('operation_steps')
      .select(['key', 'status'])
      .where('operation_id', '=', id)
      .orderBy('seq')
      .execute()
  ).map((step) => `${step.key} ${step.status}`);

async function runNext(table: Table): Promise<void> {
  const operation = await claim(db, 'n1', ['test.count']);
  if (!operation) throw new Error('nothing to claim');
  await runOperation(db, table, operation, signal);
}

describe('an operation', () => {
  it('is performed step by step, each recorded before and after, and audited', async () => {
    const { operationId } = await ask();
    await runNext(counter({ at: 0, cleaned: false }));
    expect(await outcome(operationId)).toMatchObject({
      status: 'succeeded',
      result: { at: 3 },
      failure: null,
    });
    expect(await steps(operationId)).toEqual(['to-1 done', 'to-2 done', 'to-3 done']);
    const audit = await db.selectFrom('audit_log').select(['action', 'outcome']).orderBy('seq').execute();
    expect(audit.map((line) => `${line.action} ${line.outcome}`)).toEqual([
      'test.count allowed',
      ...Array.from({ length: 3 }, () => ['test.count started', 'test.count done']).flat(),
      'test.count done',
    ]);
  });

  it('that meets a refusal cleans up and says why', async () => {
    const { operationId } = await ask();
    const world = { at: 0, cleaned: false };
    const table = counter(world, async (step) => {
      if (step.kind === 'clean') world.cleaned = true;
      else if (world.at === 1) return new Refusal('no_luck', 'it rains', 'wait');
      else world.at += 1;
      return undefined;
    });
    await runNext(table);
    expect(await outcome(operationId)).toMatchObject({
      status: 'failed',
      failure: { code: 'no_luck', next: 'wait' },
    });
    expect(await steps(operationId)).toEqual(['to-1 done', 'to-2 failed', 'clean done']);
  });

  it('whose capability throws fails with its message, and the agent lives on', async () => {
    const { operationId } = await ask();
    const world = { at: 0, cleaned: false };
    await runNext(
      counter(world, async (step) => {
        if (step.kind !== 'clean') throw new Error('a bug');
        world.cleaned = true;
      }),
    );
    expect(await outcome(operationId)).toMatchObject({ status: 'failed', failure: { code: 'engine_bug' } });
  });

  it('that does not advance is given up', async () => {
    const { operationId } = await ask();
    await runNext(counter({ at: 0, cleaned: true }, async () => undefined));
    expect(await outcome(operationId)).toMatchObject({ failure: { code: 'engine_no_progress' } });
    expect(await steps(operationId)).toHaveLength(3);
  });

  it('goes on where it was when its agent ended in the middle of a step', async () => {
    const { operationId } = await ask();
    const world = { at: 0, cleaned: false };
    const killed = new AbortController();
    const operation = await claim(db, 'n1', ['test.count']);
    await runOperation(
      db,
      counter(world, async () => {
        world.at += 1;
        if (world.at === 2) killed.abort();
      }),
      operation!,
      killed.signal,
    );
    expect((await outcome(operationId)).status).toBe('running');
    expect(await reclaim(db, 'n1')).toBe(1);
    await runNext(counter(world));
    expect(await outcome(operationId)).toMatchObject({ status: 'succeeded', attempts: 2 });
    expect(await steps(operationId)).toEqual(['to-1 done', 'to-2 failed', 'to-3 done']);
  });

  it('that was failing when its agent ended goes on failing', async () => {
    const { operationId } = await ask();
    const failure = JSON.stringify({ code: 'no_luck', message: 'it rains', next: 'wait' });
    await db.updateTable('operations').set({ failure }).where('id', '=', operationId).execute();
    await runNext(counter({ at: 0, cleaned: false }));
    expect(await steps(operationId)).toEqual(['clean done']);
    expect(await outcome(operationId)).toMatchObject({ status: 'failed', failure: { code: 'no_luck' } });
  });
});

describe('the queue', () => {
  it('never runs two operations with the same target at once, and keeps their order', async () => {
    const first = await ask('shop');
    await ask('shop');
    const other = await ask('blog');
    expect((await claim(db, 'n1', ['test.count']))?.id).toBe(first.operationId);
    expect((await claim(db, 'n1', ['test.count']))?.id).toBe(other.operationId);
    expect(await claim(db, 'n1', ['test.count'])).toBeUndefined();
  });

  it('gives out only kinds that the agent knows', async () => {
    await ask();
    expect(await claim(db, 'n1', ['other.kind'])).toBeUndefined();
  });

  it('gives an operation to another agent once its own has been silent for long', async () => {
    const { operationId } = await ask();
    await claim(db, 'n1', ['test.count']);
    expect(await claim(db, 'n2', ['test.count'])).toBeUndefined();
    await db
      .updateTable('operations')
      .set({ heartbeat_at: new Date(Date.now() - 60_000) })
      .where('id', '=', operationId)
      .execute();
    expect((await claim(db, 'n2', ['test.count']))?.id).toBe(operationId);
  });
});
