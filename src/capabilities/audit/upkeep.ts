import type { Witness } from '../../adapters/witness/port.ts';
import { alert, settle } from '../../engine/alert.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { checkLog } from './check.ts';
import type { LogDeps } from './deps.ts';
import { told, type Verdict } from './faults.ts';
import { seal } from './seal.ts';
import * as keeping from './store/keeping.ts';
import { lastCheckpoint } from './store/leaves.ts';
import { consistencyProof } from './store/proofs.ts';
import type { Held } from './verify.ts';

/** Milliseconds that a witness may be behind before somebody has to know. */
const BEHIND = 600_000;
const RUNBOOK = 'See bastide audit:status and docs/runbooks/audit-log.md.';

/** Seals what was committed. */
export const keepSealed = (deps: LogDeps): Promise<number> => seal(deps.db, deps.signer, deps.now);

/** Gives every witness the newest checkpoint that it does not have; one that cannot be reached holds up no other. */
export async function publishAll(deps: LogDeps): Promise<void> {
  const newest = await lastCheckpoint(deps.db);
  if (newest) await Promise.all(deps.witnesses.map((witness) => publish(deps, witness, newest)));
}

async function publish(
  deps: LogDeps,
  witness: Witness,
  newest: { readonly size: number; readonly note: string },
): Promise<void> {
  const { db } = deps;
  const { name } = witness;
  const subject = `witness:${name}`;
  const before = await keeping.outlet(db, name, 'witness');
  if (before.position === newest.size && before.failingSince === null) return;
  const published = await witness.publish({
    origin: deps.signer.key.name,
    size: newest.size,
    note: newest.note,
    proof: (older) => consistencyProof(db, older, newest.size),
  });
  if (!isRefusal(published)) {
    await keeping.reached(db, name, newest.size);
    for (const code of ['audit_witness_behind', 'audit_witness_conflict']) await settle(db, code, subject);
    return;
  }
  await keeping.failing(db, name, published.message, deps.now());
  const since = before.failingSince?.getTime() ?? deps.now().getTime();
  const conflict = published.code === 'witness_conflict';
  if (conflict || deps.now().getTime() - since >= BEHIND)
    await alert(db, {
      severity: conflict ? 'critical' : 'warning',
      code: conflict ? 'audit_witness_conflict' : 'audit_witness_behind',
      subject,
      message: published.message,
      next: conflict ? published.next : RUNBOOK,
    });
}

/** Verifies the whole log against what witnesses hold. A witness that cannot be read is passed over: it has an alert. */
export async function verifyNow(deps: LogDeps, seen?: (entries: number) => void): Promise<Verdict> {
  const witnessed: Held[] = [];
  for (const witness of deps.witnesses) {
    const notes = await witness.held();
    if (!isRefusal(notes)) witnessed.push(...(notes ?? []).map((note) => ({ by: witness.name, note })));
  }
  return checkLog(deps.db, deps.signer.key, witnessed, seen);
}

/** The same, unasked: keeps what came of it, and tells where something is wrong. */
export async function watchLog(deps: LogDeps): Promise<void> {
  const verdict = await verifyNow(deps);
  await keeping.keepVerdict(deps.db, null, verdict);
  const [first] = verdict.faults;
  if (!first) return settle(deps.db, 'audit_broken', 'audit-log');
  await alert(deps.db, {
    severity: 'critical',
    code: 'audit_broken',
    subject: 'audit-log',
    message: `${verdict.faults.length + verdict.moreFaults} faults in the audit log; the first: ${told(first)}`,
    next: 'Keep everything as it is: docs/runbooks/audit-log.md.',
    detail: { faults: verdict.faults.slice(0, 20) },
  });
}
