import { broken, few, held, inconclusive, judging, notApplicable } from '../../contract/judging.ts';
import { VaultAttempts } from '../../contract/vaults.ts';

/** What shows that the credentials are good, so that a refusal is the vault's and not a wrong password's. */
export const READS = 'read';
const NEEDED = ['delete', 'overwrite', 'forget'];
const refused = (status: number | null): boolean => status !== null && status >= 400 && status < 500;

/** Refused by the vault, and what was attacked is as it was. A vault that did not answer has refused nothing. */
export const judge = judging(VaultAttempts, ({ attempts }) => {
  if (attempts === null) return notApplicable('no vault is set up');
  const tries = attempts.filter(({ attempt }) => attempt !== READS);
  const name = (one: { vault: string; attempt: string }) => `${one.attempt} at ${one.vault}`;
  const lost = tries.filter(({ intact }) => intact === false);
  if (lost.length > 0) return broken(`destroyed or changed: ${few(lost.map(name))}`);
  const done = tries.filter(({ status }) => status !== null && status < 400);
  if (done.length > 0) return broken(`the vault did it: ${few(done.map(name))}`);
  const vaults = [...new Set(attempts.map(({ vault }) => vault))];
  if (vaults.length === 0) return inconclusive('no vault was tried');
  for (const vault of vaults) {
    const own = attempts.filter((one) => one.vault === vault);
    if (!own.some(({ attempt, status }) => attempt === READS && status !== null && status < 300))
      return inconclusive(`${vault}: the credentials are not known to be good`);
    const missing = NEEDED.filter((kind) => !own.some(({ attempt }) => attempt.startsWith(kind)));
    if (missing.length > 0) return inconclusive(`${vault}: not tried: ${few(missing)}`);
  }
  const unclear = tries.filter(({ status, intact }) => !refused(status) || intact === null);
  if (unclear.length > 0) return inconclusive(`no clear answer: ${few(unclear.map(name))}`);
  return held(`${tries.length} attempts at ${vaults.length} vaults, all refused, nothing changed`);
});
