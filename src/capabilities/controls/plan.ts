import type { Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import type { Millis } from '../../kernel/time.ts';
import type { Freshness, ObserveInput, Verdict } from './model.ts';

const HOUR = 3_600_000;

/** How the runs of one control went. */
export interface Past {
  readonly everyHours: number;
  readonly firstSeenAt: Millis;
  /** The newest record, whatever it says. */
  readonly triedAt: Millis | undefined;
  readonly verdict: Verdict | undefined;
  /** The newest record that says something. */
  readonly concludedAt: Millis | undefined;
}

/** Something inconclusive is tried again sooner than on its turn. */
const AGAIN = 4;

/** Whether a control has its turn now. An inconclusive run counts as a quarter of one. */
export function isDue(past: Past, now: Millis): boolean {
  if (past.triedAt === undefined) return true;
  const wait = past.everyHours * HOUR;
  return now - past.triedAt >= (past.verdict === 'inconclusive' ? wait / AGAIN : wait);
}

/** Twice its time without a verdict is overdue, whatever the reason. */
export function freshness(past: Past, now: Millis): Freshness {
  const since = now - (past.concludedAt ?? past.firstSeenAt);
  if (since > 2 * past.everyHours * HOUR) return 'overdue';
  return isDue(past, now) ? 'due' : 'fresh';
}

/** A run that somebody asked for. */
export interface RunFacts {
  readonly runs: readonly {
    readonly control: string;
    readonly finished: boolean;
    readonly verdict: Verdict | null;
    readonly reason: string | null;
  }[];
}

const step = (kind: string, summary: string, input: unknown): Step => ({
  capability: 'controls',
  kind,
  key: `controls.${kind}`,
  summary,
  input,
});

/** Waits until the prober has answered each; where it does not, the runs are ended so that nothing waits for ever. */
export function planRun(facts: RunFacts, failed: boolean): Outcome<readonly Step[]> {
  const open = facts.runs.filter(({ finished }) => !finished).map(({ control }) => control);
  if (open.length === 0) return [];
  return failed
    ? [step('abandon', 'End what was not answered', {})]
    : [step('await', `Try to prove ${open.length === 1 ? open[0] : `${open.length} controls`} false`, {})];
}

const LOOKS: Record<ObserveInput['look']['kind'], string> = {
  search: 'Search the machine for a canary',
  'vault-tamper': "Try to destroy the canary's backups with the machine's own credentials",
  'vault-keys': "Try one canary's key on the other's backups",
  'staff-access': 'Count what staff did under grants, and without',
  credentials: 'Count people, and who is in without a second factor',
  ssh: 'Count entries and certificates for SSH',
};

/** One look, once. */
export function planObserve(input: ObserveInput, seen: boolean, failed: boolean): readonly Step[] {
  return seen || failed ? [] : [step('look', LOOKS[input.look.kind], input)];
}
