import { openBelow, openDirectory } from '../../../adapters/below/directory.ts';
import { readText } from '../../../adapters/below/files.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { momentNotReached } from '../errors.ts';
import { renderRecovery } from '../render.ts';

/** Plain files from below `root` into a directory, for a server's user. */
export async function takeOver(
  from: { readonly root: string; readonly path: string },
  into: string,
  uid: number,
): Promise<void> {
  const [source, wal] = [await openBelow(from.root, from.path), await openDirectory(into)];
  try {
    if (!source || !wal) return;
    for (const name of await source.names()) {
      if (!(await source.look(name))?.isFile()) continue;
      if (await source.move(name, wal, name)) await wal.give(name, uid);
    }
  } finally {
    await source?.close();
    await wal?.close();
  }
}

/** What is in a physical copy came from the server that it was made of: nothing in it leads us anywhere. */
export async function askToRecover(directory: string, uid: number, to: Date | null): Promise<Outcome<void>> {
  const main = await openDirectory(directory);
  if (!main) return momentNotReached('the physical copy has no directory');
  try {
    const settings = (await readText(main, 'postgresql.auto.conf')) ?? '';
    const of = { mode: 0o600, owner: uid };
    await main.write('postgresql.auto.conf', settings + renderRecovery(to), of);
    await main.write('recovery.signal', '', of);
  } catch (error) {
    return momentNotReached(error instanceof Error ? error.message : String(error));
  } finally {
    await main.close();
  }
}
