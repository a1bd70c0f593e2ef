import type { RecordSigner } from '../../adapters/signer/records.ts';

const SIGNATURE = 'sig:';
/** restic's driver adds one of its own afterwards. */
const RUN = 'run:';

const line = (repository: string, tags: readonly string[]): string =>
  ['bastide-snapshot-1', repository, ...tags.filter((tag) => !tag.startsWith(RUN)).sort()].join(' ');

/**
 * The tags of one snapshot with the platform's signature over them. `once` is in no other snapshot, so that the same
 * tags on another content are seen as a copy.
 */
export function signTags(
  signer: Pick<RecordSigner, 'sign'>,
  repository: string,
  tags: readonly string[],
  once: string,
): string[] {
  const all = [...tags, `once:${once}`];
  const signature = Buffer.from(signer.sign(line(repository, all)), 'base64').toString('base64url');
  return [...all, `${SIGNATURE}${signature}`];
}

/** Whether this platform wrote these tags for this repository. */
export function isSigned(
  signer: Pick<RecordSigner, 'verify'>,
  repository: string,
  tags: readonly string[],
): boolean {
  const [signature, ...more] = tags.filter((tag) => tag.startsWith(SIGNATURE));
  if (signature === undefined || more.length > 0) return false;
  const rest = tags.filter((tag) => tag !== signature);
  const base64 = Buffer.from(signature.slice(SIGNATURE.length), 'base64url').toString('base64');
  return signer.verify(line(repository, rest), base64);
}

interface Tagged {
  readonly id: string;
  readonly tags: readonly string[];
}

/**
 * Of what a repository shows: the snapshots whose tags the platform signed. Of two with the same signature one is a
 * copy: the one that is on the list is ours; where none is, neither is.
 */
export function signedOnes<T extends Tagged>(
  signer: Pick<RecordSigner, 'verify'>,
  repository: string,
  shown: readonly T[],
  listed: ReadonlySet<string>,
): T[] {
  const by = Map.groupBy(
    shown.filter(({ tags }) => isSigned(signer, repository, tags)),
    ({ tags }) => tags.find((tag) => tag.startsWith('once:')),
  );
  return [...by.values()].flatMap((same) =>
    same.length === 1 ? same : same.filter(({ id }) => listed.has(id)),
  );
}

/** What a tag `name:value` says; undefined where there is none. */
export const tagValue = ({ tags }: Pick<Tagged, 'tags'>, name: string): string | undefined =>
  tags.find((tag) => tag.startsWith(`${name}:`))?.slice(name.length + 1);

export const tagValues = ({ tags }: Pick<Tagged, 'tags'>, name: string): string[] =>
  tags.filter((tag) => tag.startsWith(`${name}:`)).map((tag) => tag.slice(name.length + 1));
