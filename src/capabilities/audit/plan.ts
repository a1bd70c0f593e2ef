import type { Step } from '../../kernel/step.ts';

const step = (kind: string, summary: string, input: unknown): Step => ({
  capability: 'audit',
  kind,
  key: `audit.${kind}`,
  summary,
  input,
});

/** Verifies once. */
export const planVerify = (verified: boolean, failed: boolean): readonly Step[] =>
  verified || failed ? [] : [step('verify', 'Verify every entry, the tree and the signed checkpoints', {})];

/**
 * Until nothing personal of the account is left in the log but what its own erasing adds: entries that are not sealed
 * yet are waited for, because what a leaf has not committed to cannot be proven afterwards.
 */
export const planErase = (
  account: string,
  left: { readonly sealed: number; readonly unsealed: number },
  failed: boolean,
): readonly Step[] => {
  if (failed || left.sealed + left.unsealed === 0) return [];
  return left.sealed > 0
    ? [step('erase', `Erase what is personal in ${left.sealed} entries`, { account })]
    : [step('awaitSeal', `Wait until ${left.unsealed} entries are sealed`, {})];
};

/** One message to one server. */
export const planTest = (name: string, tested: boolean, failed: boolean): readonly Step[] =>
  tested || failed ? [] : [step('testForward', `Send a test message to ${name}`, { name })];
