// What an audit log that nobody can alter costs: the same entries into a plain table and into the log, with the agent's
// sealer running beside; and how long it takes to verify all of it. A PostgreSQL 15 of its own on a unix socket, root.
import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { noteSigner } from '../src/adapters/signer/notes.ts';
import { checkLog } from '../src/capabilities/audit/check.ts';
import { seal } from '../src/capabilities/audit/seal.ts';
import { realDatabase } from '../src/db/testing.ts';
import { sleep } from '../src/kernel/time.ts';
import { numbers } from './lib/options.ts';
import { begin } from './lib/result.ts';
import { median } from './lib/stats.ts';

const { rounds, entries, clients, verified } = numbers({
  rounds: 5,
  entries: 20_000,
  clients: 4,
  verified: 1_000_000,
});
const bench = await begin('audit', 'The audit log: appended, sealed, signed, verified', {
  postgresql: ['/usr/lib/postgresql/15/bin/postgres', '--version'],
});
const real = await realDatabase();
const { db } = real;
const signer = noteSigner('bench/audit', generateKeyPairSync('ed25519').privateKey);
const now = () => new Date();

const line = (n: number) =>
  ({
    ...{ actor: `account-${n % 100}`, action: 'apps:deploy', target: 'app:shop', outcome: 'allowed' },
    ...{ reason: 'a bench', source_address: '192.0.2.1', request_id: `${n}`, detail: '{"code":"none"}' },
  }) as const;

/** One transaction for each entry, as the API writes them. */
async function append(table: 'plain_log' | 'audit_log'): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    for (let n = next++; n < entries; n = next++) {
      const { actor, action, target, outcome, reason, source_address, request_id, detail } = line(n);
      await sql`insert into ${sql.ref(table)} (actor, action, target, outcome, reason, source_address, request_id, detail)
        values (${actor}, ${action}, ${target}, ${outcome}, ${reason}, ${source_address}, ${request_id}, ${detail})`.execute(
        db,
      );
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** Until the last entry is a leaf under a signed root. */
async function appendSealed(): Promise<void> {
  const done = new AbortController();
  const sealer = (async () => {
    while (!done.signal.aborted) if ((await seal(db, signer, now)) === 0) await sleep(50);
  })();
  await append('audit_log');
  done.abort();
  await sealer;
  await seal(db, signer, now);
}

const CONTENDERS = [
  ['plain table', () => append('plain_log')],
  ['log, sealed and signed', appendSealed],
] as const;

try {
  await sql`create table plain_log (like audit_log including defaults including identity including indexes)`.execute(
    db,
  );
  const raw: Record<string, number[]> = Object.fromEntries(CONTENDERS.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Who goes first changes from round to round.
    for (const [name, run] of round % 2 === 0 ? CONTENDERS : [...CONTENDERS].reverse()) {
      const started = performance.now();
      await run();
      raw[name]!.push(entries / ((performance.now() - started) / 1000));
    }
  }
  const missing = Math.max(0, verified - rounds * entries);
  await sql`insert into audit_log (actor, action, target, outcome, reason, source_address)
    select 'account-' || n % 100, 'apps:deploy', 'app:shop', 'allowed', 'a bench', '192.0.2.1'
    from generate_series(1, ${missing}::int) n`.execute(db);
  let started = performance.now();
  await seal(db, signer, now);
  const sealing = missing / ((performance.now() - started) / 1000);
  started = performance.now();
  const verdict = await checkLog(db, signer.key, []);
  const verifying = (performance.now() - started) / 1000;
  if (verdict.faults.length > 0) throw new Error(`it does not hold: ${JSON.stringify(verdict.faults[0])}`);
  const plain = raw['plain table']!;
  const whole = raw['log, sealed and signed']!;
  bench.save({
    headlines: [
      {
        what: 'audit entries appended, sealed and signed, per second',
        bastide: median(whole),
        reference: median(plain),
        against: 'INSERT into a plain table',
        ratio: median(whole.map((value, round) => value / plain[round]!)),
      },
    ],
    notes: [
      `${rounds} rounds of ${entries} entries, one transaction each, ${clients} clients, no fsync on either side; until the last entry is under a signed root. Medians, ratios within a round.`,
      'One batch alone: entries that were put in with one statement, then sealed, then verified with all others in one snapshot.',
    ],
    tables: [
      {
        title: 'Appending',
        columns: ['', 'entries/s', 'ratio'],
        rows: CONTENDERS.map(([name]) => [
          name,
          median(raw[name]!),
          median(raw[name]!.map((value, round) => value / plain[round]!)),
        ]),
      },
      {
        title: 'One batch',
        columns: ['', 'entries', 'entries/s', 'seconds'],
        rows: [
          ['sealed and signed', missing, sealing, missing / sealing],
          ['verified, every entry and checkpoint', verdict.entries, verdict.entries / verifying, verifying],
        ],
      },
    ],
    raw: { ...raw, sealing, verifying, checkpoints: verdict.checkpoints },
  });
} finally {
  await real.close();
}
