import { broken, few, held, inconclusive, judging, notApplicable } from '../../contract/judging.ts';
import { VaultAttempts } from '../../contract/vaults.ts';

/** `own`: each key on its own repository, status 0 where it opens. `foreign`: a's key on b's. */
export const judge = judging(VaultAttempts, ({ attempts }) => {
  if (attempts === null) return notApplicable('no vault is set up');
  const foreign = attempts.filter(({ attempt }) => attempt === 'foreign');
  const own = attempts.filter(({ attempt }) => attempt === 'own');
  const opened = foreign.filter(({ status }) => status === 0);
  if (opened.length > 0)
    return broken(`a's key opens b's backups at ${few(opened.map(({ vault }) => vault))}`);
  if (foreign.length === 0) return inconclusive("a's key was not tried on b's backups");
  const shut = own.filter(({ status }) => status !== 0);
  if (own.length === 0 || shut.length > 0) return inconclusive('the right keys do not open them either');
  if (foreign.some(({ status }) => status === null)) return inconclusive('an attempt has no end');
  return held(`a's key opens none of b's repositories at ${foreign.length} vaults, b's own does`);
});
