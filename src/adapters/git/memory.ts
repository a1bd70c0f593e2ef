import { Readable } from 'node:stream';
import { isRefusal } from '../../kernel/refusal.ts';
import { notFound } from './errors.ts';
import type { Git } from './port.ts';
import { parseGitUrl, parseRef } from './url.ts';

/** A fake: repositories by address, each with refs to a commit and its tar archive. */
export function memoryGit(
  repositories: Record<string, Record<string, { commit: string; tar: Uint8Array }>>,
): Git {
  return {
    async fetch(url, ref, take) {
      const at = parseGitUrl(url);
      if (isRefusal(at)) return at;
      const name = parseRef(ref);
      if (isRefusal(name)) return name;
      const found = repositories[at.href]?.[name];
      if (!found) return notFound(at.href, name);
      const taken = await take(Readable.from([found.tar]));
      return isRefusal(taken) ? taken : { commit: found.commit, taken };
    },
  };
}
