import type { Outcome } from '../../kernel/refusal.ts';
import type { AptSource } from './apt-sources.ts';
import { aptMirrorMissing } from './errors.ts';

/** Where this machine gets Debian from; taken from its own apt configuration, so no host name is written in a file. */
export interface Mirrors {
  readonly main: string;
  readonly security: string;
}

const RELEASES = ['bookworm', 'trixie', 'stable', 'oldstable'];
const SCHEMES = /^(https?|file|copy|mirror\+https?|mirror\+file):/;

/** The security archive calls its suites `<release>-security`; anything else that ends so belongs to somebody else. */
const isSecurity = (suite: string) => RELEASES.some((release) => suite === `${release}-security`);

/**
 * Finds Debian's own archives among the sources of a machine, third parties' left aside: those that also carry
 * `<release>-updates` come first, because vendors use Debian's release names too but never have that suite.
 * Refusals: `apt_mirror_missing`.
 */
export function findMirrors(sources: readonly AptSource[]): Outcome<Mirrors> {
  const usable = sources
    .filter(({ uri, components }) => SCHEMES.test(uri) && components.includes('main'))
    .map((source) => ({ ...source, uri: source.uri.replace(/\/+$/, '') }));
  const security = usable.find(({ suites }) => suites.some(isSecurity))?.uri;
  const updating = new Set(
    usable
      .filter(({ suites }) => suites.some((s) => RELEASES.some((r) => s === `${r}-updates`)))
      .map(({ uri }) => uri),
  );
  const releases = usable.filter(({ suites }) => suites.some((suite) => RELEASES.includes(suite)));
  const main = (releases.find(({ uri }) => updating.has(uri)) ?? releases[0])?.uri;
  if (main === undefined) return aptMirrorMissing('the Debian archive');
  if (security === undefined) return aptMirrorMissing("Debian's security archive");
  return { main, security };
}

/** The sources.list text that a stack of this suite is built from. */
export function renderSources(mirrors: Mirrors, suite: string): string {
  return [
    `deb ${mirrors.main} ${suite} main`,
    `deb ${mirrors.main} ${suite}-updates main`,
    `deb ${mirrors.security} ${suite}-security main`,
    '',
  ].join('\n');
}
