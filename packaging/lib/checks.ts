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
  /** Runs at the same time as the one before it: machines wait more than they work. */
  readonly beside?: boolean;
}

/** PURE. What runs one after the other; those of a group run side by side. */
export function groups(all: readonly Check[]): readonly (readonly Check[])[] {
  const found: Check[][] = [];
  for (const check of all) {
    const last = found.at(-1);
    if (check.beside && last) last.push(check);
    else found.push([check]);
  }
  return found;
}

const MINUTE = 60_000;

/**
 * Everything that `npm test` runs, from fast to real. `bin` holds the programs that npm installed. The limits add
 * up to less than the hour that a machine of two cores has for all of it.
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
    suite('unit', 'beside the code', 7, false),
    suite('real', 'adapters against the real programs', 11, true),
    { ...suite('lab', 'whole hosts and stories', 36, true), again: true },
    { ...suite('data', 'stories of databases, backups and controls', 36, true), again: true, beside: true },
  ];
}
