import type { JournalEntry, VaultStatus } from '../../adapters/vault/port.ts';
import { alert, settle } from '../../engine/alert.ts';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import type { VaultsDeps } from './deps.ts';
import { VaultFacts } from './model.ts';
import { accessTo } from './perform.ts';
import * as store from './store.ts';

const RUNBOOK = 'See bastide vaults:info and docs/runbooks/vault.md.';
/** Refused attempts that are kept for people to look at. */
const KEPT = 50;

/** What is no attack: the vault has no room, or a platform made itself known. */
const HARMLESS: ReadonlySet<JournalEntry['kind']> = new Set(['disk_full', 'daily_limit', 'enrolled']);
/** Somebody without our credential. */
const STRANGERS: ReadonlySet<JournalEntry['kind']> = new Set(['credential', 'code', 'garbage']);

const WORD = {
  ready: 'ready',
  damaged: 'ready',
  full: 'full',
  limited: 'full',
  store_down: 'unreachable',
} as const satisfies Record<VaultStatus['state'], store.VaultStatusWord>;

/** Asks every vault how it is and what it refused; whatever a person must know becomes an alert. */
export async function watchVaults(deps: VaultsDeps): Promise<void> {
  for (const row of await store.activeVaults(deps.db)) await watchOne(deps, row);
}

async function watchOne(deps: VaultsDeps, row: store.VaultRow): Promise<void> {
  const facts = VaultFacts.safeParse(row.facts).data ?? {};
  const subject = `vault:${row.name}`;
  const access = await accessTo(deps, row);
  const status = isRefusal(access) ? access : await deps.client.status(access);
  if (isRefusal(access) || isRefusal(status)) {
    const refusal = status as Refusal;
    await tell(deps, subject, 'vault_unreachable', refusal, 'critical');
    const word = refusal.code === 'vault_unreachable' ? 'unreachable' : 'refusing';
    const journalSeq = Number(row.journal_seq);
    return void (await store.noteLook(deps.db, row.id, {
      ...{ status: word, message: refusal.message, facts, journalSeq, seen: false },
    }));
  }
  await settle(deps.db, 'vault_unreachable', subject);
  const read = await readJournal(deps, access, Number(row.journal_seq), facts.journalHash);
  if (isRefusal(read)) await tell(deps, subject, 'vault_journal_broken', read, 'critical');
  const entries = isRefusal(read) ? [] : await unannounced(deps, row, read.entries);
  await report(deps, subject, entries);
  await reportState(deps, subject, status);
  await store.noteLook(deps.db, row.id, {
    status: WORD[status.state],
    message: status.state === 'ready' ? null : `The vault says: ${status.state.replace('_', ' ')}`,
    journalSeq: isRefusal(read) ? Number(row.journal_seq) : read.seq,
    seen: true,
    facts: {
      ...facts,
      state: status.state,
      freeBytes: status.disk.freeBytes,
      totalBytes: status.disk.totalBytes,
      todayBytes: status.today.bytes,
      dailyBytes: status.today.limitBytes,
      retentionDays: status.retentionDays,
      keptAt: status.keptAt,
      repositories: status.repositories.length,
      damaged: status.damaged.slice(0, 50),
      refused: [...(facts.refused ?? []), ...entries.filter(({ kind }) => kind !== 'enrolled')].slice(-KEPT),
      ...(isRefusal(read) ? {} : { journalHash: read.hash }),
    },
  });
}

async function readJournal(
  deps: VaultsDeps,
  access: Parameters<VaultsDeps['client']['journal']>[0],
  from: number,
  known: string | undefined,
): Promise<Outcome<{ entries: JournalEntry[]; seq: number; hash: string | undefined }>> {
  const entries: JournalEntry[] = [];
  let seq = from;
  let hash = known;
  for (let pages = 0; pages < 20; pages += 1) {
    const page = await deps.client.journal(access, seq, hash);
    if (isRefusal(page)) return page;
    entries.push(...page.entries);
    const last = page.links.at(-1);
    seq = last?.seq ?? seq;
    hash = last?.hash ?? hash;
    if (!page.more) break;
  }
  return { entries, seq, hash };
}

/**
 * Without what a control said that it would try. One line of the journal spends one announcement; a line that stands
 * for several attempts is never excused, nor one without our credential.
 */
async function unannounced(
  deps: VaultsDeps,
  vault: store.VaultRow,
  entries: readonly JournalEntry[],
): Promise<JournalEntry[]> {
  const left: JournalEntry[] = [];
  for (const entry of entries) {
    const ours = entry.count === 1 && entry.user === vault.username && !STRANGERS.has(entry.kind);
    if (!ours || !(await store.spendAnnouncement(deps.db, vault.id, entry))) left.push(entry);
  }
  return left;
}

async function report(deps: VaultsDeps, subject: string, entries: readonly JournalEntry[]): Promise<void> {
  const attacks = entries.filter(({ kind }) => !HARMLESS.has(kind) && !STRANGERS.has(kind));
  const strangers = entries.filter(({ kind }) => STRANGERS.has(kind));
  if (attacks.length > 0)
    await alert(deps.db, {
      severity: 'critical',
      code: 'vault_refused',
      subject,
      message: `The vault refused ${counted(attacks)}, asked for with this platform's own credential`,
      next: 'Nothing of ours asks for that: whoever did has root here. docs/runbooks/vault.md.',
      detail: { entries: attacks.slice(-20) },
    });
  if (strangers.length > 0)
    await alert(deps.db, {
      severity: 'warning',
      code: 'vault_stranger',
      subject,
      message: `The vault refused ${counted(strangers)} from somebody whom it does not know`,
      next: RUNBOOK,
      detail: { entries: strangers.slice(-20) },
    });
}

const counted = (entries: readonly JournalEntry[]): string => {
  const by = new Map<string, number>();
  for (const { kind, count } of entries) by.set(kind, (by.get(kind) ?? 0) + count);
  return [...by].map(([kind, count]) => `${count} × ${kind.replace('_', ' ')}`).join(', ');
};

async function reportState(deps: VaultsDeps, subject: string, status: VaultStatus): Promise<void> {
  const full = status.state === 'full' || status.state === 'limited';
  if (full)
    await alert(deps.db, {
      severity: 'critical',
      code: 'vault_full',
      subject,
      message: status.state === 'full' ? "The vault's disk is full" : "Today's limit of the vault is reached",
      next: 'What it has is safe; nothing new gets in. docs/runbooks/vault.md.',
      detail: { disk: status.disk, today: status.today },
    });
  else await settle(deps.db, 'vault_full', subject);
  if (status.damaged.length > 0)
    await alert(deps.db, {
      severity: 'critical',
      code: 'vault_damaged',
      subject,
      message: `${status.damaged.length} objects in the vault are not what their names say`,
      next: "The vault's disk may be failing: docs/runbooks/vault.md.",
      detail: { damaged: status.damaged.slice(0, 50) },
    });
  else await settle(deps.db, 'vault_damaged', subject);
}

const tell = (
  deps: VaultsDeps,
  subject: string,
  code: string,
  why: Refusal,
  severity: 'warning' | 'critical',
): Promise<boolean> =>
  alert(deps.db, { severity, code, subject, message: why.message, next: RUNBOOK, detail: { why: why.code } });
