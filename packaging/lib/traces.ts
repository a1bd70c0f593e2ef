import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { livingLabs } from '../../test/lab/sweep.ts';
import { leftovers } from './leftovers.ts';

const named = async (directory: string, prefix: string): Promise<string[]> =>
  (await readdir(directory).catch(() => []))
    .filter((name) => name.startsWith(prefix) && !name.startsWith('bastide-test-'))
    .map((name) => `${directory}/${name}`);

/**
 * Everything on this machine by which the tests or the platform could be recognised; not the labs whose owner lives, which
 * are in use by another run.
 */
export async function traces(): Promise<ReadonlySet<string>> {
  const found = await Promise.all([
    leftovers(),
    named(tmpdir(), 'bastide-'),
    named('/run/bastide-lab', ''),
    named('/run/bastide-build', ''),
  ]);
  const inUse = livingLabs();
  return new Set(found.flat().filter((trace) => !inUse.some((lab) => trace.endsWith(`/${lab}`))));
}

/** What is there now and was not there before. */
export const added = (before: ReadonlySet<string>, after: ReadonlySet<string>): string[] =>
  [...after].filter((trace) => !before.has(trace)).sort();
