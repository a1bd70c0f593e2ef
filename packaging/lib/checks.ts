import type { Command } from '../../src/kernel/command.ts';

export interface Check {
  readonly name: string;
  readonly doing: string;
  readonly command: Command;
  /** Where vitest writes its report; a check without one is a single program. */
  readonly report?: string;
}

const HOUR = 60 * 60_000;

/** Everything that `npm test` runs, from fast to real. `bin` holds the programs that npm installed. */
export function checks(root: string, bin: string, node: string, scratch: string): Check[] {
  const env = {
    HOME: scratch,
    CI: '1',
    NO_COLOR: '1',
    TZ: 'UTC',
    PATH: `${node}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  };
  const program = (argv: [string, ...string[]]): Command => ({ argv, cwd: root, env, timeoutMs: HOUR });
  const suite = (project: string, doing: string): Check => {
    const report = `${scratch}/${project}.json`;
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    return {
      name: project,
      doing,
      command: program([`${bin}/vitest`, 'run', '--project', project, ...reporters]),
      report,
    };
  };
  return [
    { name: 'types', doing: 'tsc', command: program([`${bin}/tsc`, '--noEmit']) },
    { name: 'lint', doing: 'biome', command: program([`${bin}/biome`, 'ci', '.']) },
    suite('unit', 'beside the code'),
    suite('real', 'adapters against the real programs'),
    suite('lab', 'whole hosts and stories'),
  ];
}
