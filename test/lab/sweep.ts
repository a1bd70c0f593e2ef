import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hierarchy, labsWithCgroups, removeCgroups } from './cgroups.ts';

/** One file a lab: who answers for it, and where its directory is. */
const REGISTER = '/run/bastide-lab';

/** Where labs live. Not below a directory that hosts overlay, because an overlay cannot contain itself. */
export function labsDirectory(): string {
  const wanted = process.env.BASTIDE_LAB_DIR ?? tmpdir();
  const overlaid = /^\/(etc|usr|var|opt|root|home|srv)(\/|$)/.test(wanted);
  return overlaid ? '/tmp' : wanted;
}

/**
 * When a process started, in clock ticks since boot; with the pid it names a process for good. Nothing for one that
 * has ended, also where its parent has not collected it yet.
 */
export function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Says that this process answers for the lab from now on. */
export function register(lab: string, directory: string): void {
  mkdirSync(REGISTER, { recursive: true });
  const draft = join(REGISTER, `.${lab}.${process.pid}`);
  writeFileSync(draft, JSON.stringify({ pid: process.pid, started: startTime(process.pid), directory }));
  renameSync(draft, join(REGISTER, lab));
}

export const unregister = (lab: string): void => rmSync(join(REGISTER, lab), { force: true });

export const removeDirectory = (directory: string): void => {
  execFileSync('rm', ['-rf', '--one-file-system', '--', directory], { stdio: 'ignore' });
};

interface Entry {
  readonly pid: number;
  readonly started: string;
  readonly directory: string;
}

function registered(): Map<string, Entry> {
  mkdirSync(REGISTER, { recursive: true });
  const labs = readdirSync(REGISTER).filter((name) => !name.startsWith('.'));
  return new Map(
    labs.flatMap((name) => {
      try {
        return [[name, JSON.parse(readFileSync(join(REGISTER, name), 'utf8')) as Entry] as const];
      } catch {
        return [];
      }
    }),
  );
}

const lives = ({ pid, started }: Entry): boolean => startTime(pid) === started;

/** Labs that somebody still answers for. */
export const livingLabs = (): string[] =>
  [...registered()].filter(([, entry]) => lives(entry)).map(([lab]) => lab);

/** Removes what labs left behind whose owner and warden were both killed; answers their names. */
export async function sweep(all: readonly Hierarchy[]): Promise<string[]> {
  const cgroups = labsWithCgroups(all);
  const entries = registered();
  const swept: string[] = [];
  for (const lab of new Set([...entries.keys(), ...cgroups])) {
    const entry = entries.get(lab);
    if (entry && lives(entry)) continue;
    await removeCgroups(all, lab);
    if (entry) removeDirectory(entry.directory);
    unregister(lab);
    swept.push(lab);
  }
  return swept;
}
