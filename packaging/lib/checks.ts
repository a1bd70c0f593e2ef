import type { Command } from '../../src/kernel/command.ts';

export interface Check {
  readonly name: string;
  readonly doing: string;
  readonly command: Command;
  /** Starts machines, engines and builds: minutes, and only worth it where the quick checks hold. */
  readonly slow: boolean;
  /** Where vitest writes its report; a check without one is a single program. */
  readonly report?: string;
  /** Whole machines under load: files that failed are run once more, alone, and both results are told. */
  readonly again?: boolean;
  /** Runs only where it is named: with it, everything would take more than the hour. */
  readonly onlyNamed?: boolean;
}

/** PURE. Those that run: the named ones, or all that need no naming. */
export const chosen = (all: readonly Check[], names: readonly string[]): readonly Check[] =>
  all.filter((check) => (names.length === 0 ? !check.onlyNamed : names.includes(check.name)));

const MINUTE = 60_000;

/**
 * Everything that `npm test` runs, from fast to real. `bin` holds the programs that npm installed. The limits of what
 * needs no naming add up to less than the hour that a machine of two cores has for it.
 */
export function checks(root: string, bin: string, node: string, scratch: string): Check[] {
  const env = {
    HOME: scratch,
    CI: '1',
    NO_COLOR: '1',
    TZ: 'UTC',
    PATH: `${node}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  };
  const program = (minutes: number, argv: [string, ...string[]]): Command => ({
    argv,
    cwd: root,
    env,
    timeoutMs: minutes * MINUTE,
  });
  const suite = (project: string, doing: string, minutes: number, slow: boolean): Check => {
    const report = `${scratch}/${project}.json`;
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    return {
      name: project,
      doing,
      slow,
      command: program(minutes, [`${bin}/vitest`, 'run', '--project', project, ...reporters]),
      report,
    };
  };
  return [
    { name: 'types', doing: 'tsc', slow: false, command: program(2, [`${bin}/tsc`, '--noEmit']) },
    { name: 'lint', doing: 'biome', slow: false, command: program(1, [`${bin}/biome`, 'ci', '.']) },
    suite('unit', 'beside the code', 12, false),
    suite('real', 'adapters against the real programs', 11, true),
    { ...suite('lab', 'whole hosts and stories', 33, true), again: true },
    {
      ...suite('data', 'stories of databases, backups and controls', 36, true),
      again: true,
      onlyNamed: true,
    },
    {
      ...suite('people', 'stories of sign-in, SSH and staff access', 25, true),
      again: true,
      onlyNamed: true,
    },
  ];
}
