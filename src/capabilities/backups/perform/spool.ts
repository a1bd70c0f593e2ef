import { openBelow } from '../../../adapters/below/directory.ts';

/** Where write-ahead log waits, below a project's storage; its server writes there. */
export interface SpoolPlace {
  readonly root: string;
  readonly path: string;
}

/** Names of what is there; none where there is no such directory, or a link leads to it. */
export async function spoolNames({ root, path }: SpoolPlace): Promise<string[]> {
  const spool = await openBelow(root, path);
  try {
    return ((await spool?.names()) ?? []).map(String);
  } finally {
    await spool?.close();
  }
}

export async function dropFromSpool({ root, path }: SpoolPlace, names: readonly string[]): Promise<void> {
  const spool = await openBelow(root, path);
  try {
    for (const name of names) await spool?.drop(name);
  } finally {
    await spool?.close();
  }
}
