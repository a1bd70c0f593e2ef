import { Resolver } from 'node:dns/promises';

/**
 * The texts of a name's TXT records, each in one piece; none where there is no such record. undefined: the name servers
 * did not answer, so that nothing is known.
 */
export type LookupTxt = (name: string) => Promise<readonly string[] | undefined>;

const NONE = new Set(['ENODATA', 'ENOTFOUND']);

/** Asks this machine's name servers, or others; a few seconds at most. */
export function txtLookup(servers?: readonly string[]): LookupTxt {
  return async (name) => {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    if (servers) resolver.setServers(servers);
    try {
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''));
    } catch (error) {
      return NONE.has((error as NodeJS.ErrnoException).code ?? '') ? [] : undefined;
    }
  };
}
