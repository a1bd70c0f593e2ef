/** What of a source fails, and where: `dump:offsite`. One alert stands for all of it. */
export const failingKey = (kind: string, vault: string): string => `${kind}:${vault}`;

const vaultOf = (key: string): string => key.slice(key.indexOf(':') + 1);

/**
 * What still fails after a try: one vault, or one kind, that is well again does not say that the others are. A vault
 * that is used no more is forgotten.
 */
export function stillFailing(
  before: readonly string[],
  tried: { readonly failed: readonly string[]; readonly well: readonly string[] },
  vaults: readonly string[],
): string[] {
  const left = before.filter((key) => !tried.well.includes(key) && vaults.includes(vaultOf(key)));
  return [...new Set([...left, ...tried.failed])].sort();
}
