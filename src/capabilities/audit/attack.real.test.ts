import { generateKeyPairSync } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { noteSigner } from '../../adapters/signer/notes.ts';
import type { Database } from '../../db/schema.ts';
import { type RealDatabase, realDatabase } from '../../db/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { checkLog } from './check.ts';
import type { Verdict } from './faults.ts';
import { seal } from './seal.ts';
import { checkpoints } from './store/leaves.ts';
import { append } from './store.ts';
import { offlineVerifier } from './testbed.ts';
import { asSuperuser, copyLog, forgeTree, putBack, swapLeaves } from './testing.ts';
import type { Held } from './verify.ts';

/** Batches of the log under attack: each is sealed and signed by itself. */
const BATCHES = [4, 3, 5, 2, 6];
const ENTRIES = 20;

let real: RealDatabase;
let offline: Awaited<ReturnType<typeof offlineVerifier>>;
let witnessed: Held[];
const signer = noteSigner('example.org/audit', generateKeyPairSync('ed25519').privateKey);
const now = () => new Date();
async function write(from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n += 1)
    await withTenant(real.as('bastide_api'), { operator: true }, (tx) =>
      append(tx, {
        ...{ actor: `account-${n}`, action: 'apps:deploy', target: 'app:shop', organizationId: null },
        ...{ outcome: 'allowed', reason: `reason ${n}`, sourceAddress: '192.0.2.1', detail: { n } },
      }),
    );
}
const holds = async (): Promise<Held[]> =>
  (await checkpoints(real.db)).map(({ note }) => ({ by: 'elsewhere', note }));

/** An attack, and what the check says then, here and without a server; `witness` false: nobody outside holds a checkpoint. */
async function attacked(act: (tx: Transaction<Database>) => Promise<unknown>, witness = true) {
  await asSuperuser(real.db, act);
  const held = witness ? witnessed : [];
  const verdict = await checkLog(real.as('bastide_agent'), signer.key, held);
  await offline.compare(real.db, held, verdict);
  return verdict;
}
const where = ({ faults }: Verdict) => faults.map(({ kind, index, seq }) => [kind, index, seq]);
async function seqAt(index: number) {
  const leaf = real.db.selectFrom('audit_leaves').select('seq').where('index', '=', index);
  return Number((await leaf.executeTakeFirstOrThrow()).seq);
}

beforeAll(async () => {
  real = await realDatabase();
  offline = await offlineVerifier(signer.key);
  let written = 0;
  for (const [batch, size] of BATCHES.entries()) {
    await write(written, size);
    written += size;
    await seal(real.as('bastide_agent'), signer, now);
    if (batch === 2) await copyLog(real.db, 'older');
  }
  witnessed = await holds();
  await copyLog(real.db, 'whole');
});
afterAll(async () => {
  expect(offline.found(), 'attacks that show in an export, too').toBeGreaterThan(20);
  await Promise.all([real.close(), offline.close()]);
});
afterEach(() => putBack(real.db, 'whole'));

it('is sound before', async () => {
  expect(await attacked(async () => {})).toMatchObject({ entries: ENTRIES, checkpoints: 10, faults: [] });
});

it('the roles of our own programs can do none of it', async () => {
  for (const role of ['bastide_api', 'bastide_agent'] as const) {
    const db = real.as(role);
    for (const table of ['audit_log', 'audit_leaves', 'audit_checkpoints'] as const) {
      await expect(
        sql`update ${sql.ref(table)} set ${sql.ref(table === 'audit_log' ? 'actor' : 'made_at')} = null`.execute(
          db,
        ),
      ).rejects.toThrow();
      await expect(sql`delete from ${sql.ref(table)}`.execute(db)).rejects.toMatchObject({ code: '42501' });
      await expect(sql`truncate ${sql.ref(table)}`.execute(db)).rejects.toMatchObject({ code: '42501' });
    }
    const dated = sql`insert into audit_log (actor, action, target, outcome, at) values ('a', 'b', 'c', 'done', '2020-01-01')`;
    await expect(dated.execute(db)).rejects.toMatchObject({ code: '42501' });
  }
  for (const table of ['audit_leaves', 'audit_checkpoints'] as const) {
    await expect(sql`delete from ${sql.ref(table)}`.execute(real.db)).rejects.toThrow('append-only');
    await expect(sql`truncate ${sql.ref(table)}`.execute(real.db)).rejects.toThrow('append-only');
  }
});

describe('alter', () => {
  it.each([
    ['the actor', sql`actor = 'mallory'`],
    ['the reason', sql`reason = null`],
    ['the address', sql`source_address = '198.51.100.9'`],
    ['the action', sql`action = 'apps:destroy'`],
    ['the target', sql`target = 'app:bank'`],
    ['the outcome', sql`outcome = 'denied'`],
    ['the time, by a microsecond', sql`at = at + interval '1 microsecond'`],
    ['the detail', sql`detail = '{"n": 99}'`],
    ['the organization', sql`organization_id = gen_random_uuid()`],
    ['the salt', sql`salt = uuid_send(gen_random_uuid())`],
  ])('%s', async (_what, set) => {
    const seq = await seqAt(9);
    expect(
      where(await attacked((tx) => sql`update audit_log set ${set} where seq = ${seq}`.execute(tx))),
    ).toEqual([['altered', 9, seq]]);
  });

  it('an entry, made to look erased', async () => {
    const [seq, last] = [await seqAt(9), await seqAt(ENTRIES - 1)];
    const blank = (tx: Transaction<Database>) =>
      sql`update audit_log set actor = 'erased', reason = null, source_address = null, salt = null,
        erased_by = ${last} where seq = ${seq}`.execute(tx);
    expect(where(await attacked(blank))).toEqual([['erased_unsaid', null, last]]);
  });

  it('an entry and every leaf after it, as one who knows how it is made', async () => {
    const seq = await seqAt(9);
    const forged = await attacked(async (tx) => {
      await sql`update audit_log set action = 'apps:destroy' where seq = ${seq}`.execute(tx);
      await forgeTree(tx);
    });
    // It lies between the last checkpoint that fits and the first that does not.
    expect(where(forged)).toEqual([['rewritten', 7, null]]);
    expect(forged.faults[0]?.what).toMatch(/^entries 7 to 11 /);
  });

  it('the same, with our own checkpoints gone: witnesses hold them', async () => {
    const seq = await seqAt(9);
    const forged = await attacked(async (tx) => {
      await sql`update audit_log set action = 'apps:destroy' where seq = ${seq}`.execute(tx);
      await forgeTree(tx);
      await sql`delete from audit_checkpoints`.execute(tx);
    });
    expect(where(forged)).toEqual([['rewritten', 7, null]]);
  });

  it('a hash of the tree', async () => {
    const flip = sql`update audit_leaves set hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40)) where index = 9`;
    expect(where(await attacked((tx) => flip.execute(tx)))).toEqual([['altered', 9, await seqAt(9)]]);
  });

  it('a checkpoint', async () => {
    const edit = (tx: Transaction<Database>) =>
      sql`update audit_checkpoints set note = replace(note, E'\n12\n', E'\n11\n') where size = 12`.execute(
        tx,
      );
    expect((await attacked(edit)).faults.map(({ kind }) => kind)).toEqual(['unreadable']);
  });
});

describe('delete', () => {
  it('an entry', async () => {
    const seq = await seqAt(5);
    expect(where(await attacked((tx) => sql`delete from audit_log where seq = ${seq}`.execute(tx)))).toEqual([
      ['removed', 5, seq],
    ]);
  });

  it('an entry and its leaf', async () => {
    const seq = await seqAt(5);
    const found = where(
      await attacked(async (tx) => {
        await sql`delete from audit_log where seq = ${seq}`.execute(tx);
        await sql`delete from audit_leaves where index = 5`.execute(tx);
      }),
    );
    expect(found[0]).toEqual(['removed', 5, null]);
  });

  it('an entry, and closes the gap in all leaves after it', async () => {
    const seq = await seqAt(5);
    const found = await attacked(async (tx) => {
      await sql`delete from audit_log where seq = ${seq}`.execute(tx);
      await forgeTree(tx);
    });
    expect(found.faults.map(({ kind }) => kind)).toEqual(['rewritten', 'truncated']);
    expect(found.faults[0]).toMatchObject({ index: 4 });
  });
});

describe('insert', () => {
  it('an entry past the way that entries take', async () => {
    const add = (tx: Transaction<Database>) =>
      sql`insert into audit_log (actor, action, target, outcome) values ('x', 'planted', 'y', 'done')`.execute(
        tx,
      );
    const [fault] = (await attacked(add)).faults;
    expect(fault).toMatchObject({ kind: 'inserted', index: null });
    expect(fault?.seq).toBeGreaterThan(ENTRIES);
  });

  it('an entry of the past, by the way that entries take', async () => {
    await sql`insert into audit_log (actor, action, target, outcome, at) values ('x', 'planted', 'y', 'done', now() - interval '1 day')`.execute(
      real.db,
    );
    await seal(real.db, signer, now);
    expect(where(await attacked(async () => {}))[0]?.slice(0, 2)).toEqual(['inserted', ENTRIES]);
  });

  it('an entry with a leaf, and nobody who signs it', async () => {
    const found = await attacked(async (tx) => {
      await sql`insert into audit_log (actor, action, target, outcome) values ('x', 'planted', 'y', 'done')`.execute(
        tx,
      );
      await sql`insert into audit_leaves select ${ENTRIES}, max(seq), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), '{}', now() from audit_log`.execute(
        tx,
      );
      await forgeTree(tx);
    });
    expect(where(found)[0]?.slice(0, 2)).toEqual(['unsigned', ENTRIES]);
  });
});

describe('reorder', () => {
  it('two entries', async () => {
    const swap = (tx: Transaction<Database>) => swapLeaves(tx, 3, 11, false);
    expect(where(await attacked(swap)).map(([kind, index]) => [kind, index])).toEqual([
      ['altered', 3],
      ['altered', 11],
    ]);
  });

  it('two leaves with their entries', async () => {
    const swap = (tx: Transaction<Database>) => swapLeaves(tx, 3, 11, true);
    expect(where(await attacked(swap)).map(([kind, index]) => `${kind} ${index}`)).toContain('reordered 3');
  });

  it('two entries, and every leaf anew', async () => {
    const found = await attacked(async (tx) => {
      await swapLeaves(tx, 12, 13, false);
      await forgeTree(tx);
    });
    expect(where(found)).toEqual([['rewritten', 12, null]]);
  });
});

describe('truncate', () => {
  const TAIL = 14;
  const cut = async (tx: Transaction<Database>): Promise<void> => {
    await sql`delete from audit_log where seq in (select seq from audit_leaves where index >= ${TAIL})`.execute(
      tx,
    );
    await sql`delete from audit_leaves where index >= ${TAIL}`.execute(tx);
  };

  it('the end', async () => {
    expect(where(await attacked(cut, false)).map((fault) => fault.slice(0, 2))).toEqual([
      ['truncated', TAIL],
    ]);
  });

  it('the end with its checkpoints: witnesses hold them', async () => {
    const found = await attacked(async (tx) => {
      await cut(tx);
      await sql`delete from audit_checkpoints where size > ${TAIL}`.execute(tx);
    });
    expect(where(found).map((fault) => fault.slice(0, 2))).toEqual([['rolled_back', TAIL]]);
    expect(found.faults[0]?.what).toContain(`elsewhere holds a signed checkpoint of ${ENTRIES} entries`);
  });

  it('the entries', async () => {
    const found = await attacked((tx) => sql`truncate audit_log`.execute(tx));
    expect(found.faults).toHaveLength(ENTRIES);
    expect(found.faults.map(({ kind, index }) => `${kind} ${index}`)).toContain('removed 0');
  });

  it('everything', async () => {
    const found = await attacked((tx) =>
      sql`truncate audit_log, audit_leaves, audit_checkpoints, audit_unsealed`.execute(tx),
    );
    expect(where(found)).toEqual([['rolled_back', 0, null]]);
  });
});

describe('roll back to an older copy', () => {
  it('is told from what witnesses hold', async () => {
    await putBack(real.db, 'older');
    const found = await attacked(async () => {});
    expect(where(found).map((fault) => fault.slice(0, 2))).toEqual([['rolled_back', 12]]);
    expect(found.faults[0]?.at).toMatch(/^20\d\d-/);
  });

  it('also when the log has gone on since', async () => {
    await putBack(real.db, 'older');
    await write(100, 2);
    await seal(real.as('bastide_agent'), signer, now);
    await write(102, 8);
    await seal(real.as('bastide_agent'), signer, now);
    const found = await attacked(async () => {});
    expect(where(found)).toEqual([['rewritten', 12, null]]);
    expect(found.faults[0]?.what).toContain('that elsewhere holds');
  });
});
