import type { Outcome } from '../../../kernel/refusal.ts';
import { type Step, stepsOf } from '../../../kernel/step.ts';
import type { Millis } from '../../../kernel/time.ts';
import { noRootKey } from '../errors.ts';
import { KEEP_OLD_ROOT_MS, type RootFacts } from '../model.ts';

const step = stepsOf('keys');

export type RootWish =
  | { readonly kind: 'rotate' }
  | { readonly kind: 'tidy' }
  | { readonly kind: 'retire'; readonly rootKeyId: string | null; readonly reason: string };

type Recorded = RootFacts['recorded'][number];

const current = (facts: RootFacts): string => facts.ids.at(-1)!;

/** The root key that leaked: the named one, else the one that was current when somebody asked. */
function leaked(wish: RootWish, operationId: string, facts: RootFacts): string | undefined {
  if (wish.kind !== 'retire') return undefined;
  if (wish.rootKeyId !== null) return facts.ids.find((id) => id === wish.rootKeyId);
  const mine = facts.recorded.findIndex((root) => root.operationId === operationId);
  return mine > 0 ? facts.recorded[mine - 1]!.id : current(facts);
}

/** Old root keys that nothing needs go: at once when compromised, else when newer backups are surely made. */
const destroying = (facts: RootFacts, now: Millis): Step[] => {
  const due = ({ id, supersededAt, compromised, destroyed }: Recorded): boolean => {
    if (destroyed || supersededAt === null || facts.inUse.includes(id)) return false;
    // One that is given from outside is destroyed by whoever gives it; here only the record is closed.
    if (facts.given) return !facts.ids.includes(id);
    return compromised || now - supersededAt >= KEEP_OLD_ROOT_MS;
  };
  return facts.recorded
    .filter(due)
    .map(({ id }) => step('destroyRoot', id, `Destroy root key ${id}`, { rootKeyId: id }));
};

/** From whatever is true to: a new root key, all project keys wrapped by it, old ones gone. */
export function planRoot(
  wish: RootWish,
  operationId: string,
  facts: RootFacts,
  now: Millis,
): Outcome<readonly Step[]> {
  const mine = facts.recorded.some((root) => root.operationId === operationId);
  const bad = leaked(wish, operationId, facts);
  if (wish.kind === 'retire' && !bad) return noRootKey(wish.rootKeyId ?? current(facts));
  const unrecorded = !facts.recorded.some(({ id }) => id === current(facts));
  const needsNew =
    wish.kind === 'rotate' ? !mine : wish.kind === 'retire' ? bad === current(facts) : unrecorded;
  const steps: Step[] = [];
  const add = wish.kind !== 'tidy';
  const summary = add ? 'Make a new root key' : 'Take note of the root key';
  if (needsNew) steps.push(step('newRoot', operationId, summary, { add }));
  if (wish.kind === 'retire' && bad && !facts.recorded.find(({ id }) => id === bad)?.compromised)
    steps.push(
      step('markRootCompromised', bad, `Mark root key ${bad} as compromised`, {
        rootKeyId: bad,
        reason: wish.reason,
      }),
    );
  if (facts.toRewrap > 0)
    steps.push(
      step('rewrap', `${facts.toRewrap}`, `Wrap keys with the new root key (${facts.toRewrap} left)`, {}),
    );
  return [...steps, ...destroying(facts, now)];
}

/** Whether the schedule or something left over asks for work on the root key; undefined: nothing. */
export function rootDue(
  facts: RootFacts,
  currentSince: Millis | undefined,
  now: Millis,
  rotationMs: number,
): 'rotate' | 'tidy' | undefined {
  const unrecorded = !facts.recorded.some(({ id }) => id === current(facts));
  if (unrecorded || facts.toRewrap > 0 || destroying(facts, now).length > 0) return 'tidy';
  // Whoever gives the root key decides when there is a new one.
  if (facts.given || currentSince === undefined) return undefined;
  return now - currentSince >= rotationMs ? 'rotate' : undefined;
}
