import { z } from 'zod';
import { broken, few, held, inconclusive, judging, notApplicable } from '../../contract/judging.ts';

const World = z.object({
  /** Why nothing could be backed up; null: it was. */
  refused: z.string().nullable(),
  restores: z.array(
    z.object({
      vault: z.string(),
      /** How the restore ended. */
      status: z.string(),
      /** Whether what was stored just before the backup is in the restored database; null: nobody could look. */
      found: z.boolean().nullable(),
    }),
  ),
});

/** Every vault alone is enough, so that any other may be gone; and there is more than one. */
export const judge = judging(World, ({ refused, restores }) => {
  if (refused === 'no_vault') return notApplicable('no vault is set up');
  if (refused !== null) return inconclusive(`no backup could be made: ${refused}`);
  if (restores.length === 0) return inconclusive('nothing was restored');
  const lost = restores.filter(({ found }) => found === false).map(({ vault }) => vault);
  if (lost.length > 0) return broken(`what was stored is not in the backup at ${few(lost)}`);
  const failed = restores.filter(({ status }) => status !== 'succeeded');
  if (failed.length > 0)
    return broken(
      `cannot be restored from ${few(failed.map(({ vault, status }) => `${vault} (${status})`))}`,
    );
  if (restores.some(({ found }) => found === null))
    return inconclusive('nobody could look into a restored database');
  if (restores.length < 2)
    return broken(`there is one vault alone, ${restores[0]!.vault}: without it, nothing`);
  return held(`restored from each of ${restores.length} vaults alone`);
});
