import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { leftovers } from './leftovers.ts';

const named = async (directory: string, prefix: string): Promise<string[]> =>
  (await readdir(directory).catch(() => []))
    .filter((name) => name.startsWith(prefix) && !name.startsWith('bastide-test-'))
    .map((name) => `${directory}/${name}`);

/** Everything on this machine by which the tests or the platform could be recognised. */
export async function traces(): Promise<ReadonlySet<string>> {
  const found = await Promise.all([
    leftovers(),
    named(tmpdir(), 'bastide-'),
    named('/run/bastide-lab', ''),
    named('/run/bastide-build', ''),
  ]);
  return new Set(found.flat());
}

/** What is there now and was not there before. */
export const added = (before: ReadonlySet<string>, after: ReadonlySet<string>): string[] =>
  [...after].filter((trace) => !before.has(trace)).sort();
