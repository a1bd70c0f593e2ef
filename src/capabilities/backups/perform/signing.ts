import { randomUUID } from 'node:crypto';
import type { Repository, Restic } from '../../../adapters/restic/port.ts';
import type { RecordSigner } from '../../../adapters/signer/records.ts';
import { signTags } from '../origin.ts';

/** The name of a repository, from where it is. */
export const repositoryOf = ({ url }: Pick<Repository, 'url'>): string =>
  /\/r\/([^/]+)\/$/.exec(url)?.[1] ?? url;

/** Every snapshot that is made through it carries the platform's signature: what else is in a repository is foreign. */
export const signingRestic = (restic: Restic, signer: Pick<RecordSigner, 'sign'>): Restic => {
  const signed = <T extends { readonly tags: readonly string[] }>(repo: Repository, of: T): T => ({
    ...of,
    tags: signTags(signer, repositoryOf(repo), of.tags, randomUUID()),
  });
  return {
    ...restic,
    backupStream: (repo, of) => restic.backupStream(repo, signed(repo, of)),
    backupPaths: (repo, of) => restic.backupPaths(repo, signed(repo, of)),
  };
};
