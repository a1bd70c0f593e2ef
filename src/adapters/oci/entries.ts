/** Something to put into a layer or a root file system. Paths have no leading slash and no `..`. */
export type TarEntry =
  | {
      readonly type: 'directory';
      readonly path: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly content: Uint8Array;
    };

/** Sorted by path, so that a directory comes before what is in it. A later entry for the same path replaces the earlier. */
export function inOrder(entries: readonly TarEntry[]): TarEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The directories that lead to a path, outermost first. */
export function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Adds the directories that lead to each entry and are not in `present` yet: root's, mode 755. */
export function withParents(
  entries: readonly TarEntry[],
  present: ReadonlySet<string> = new Set(),
): TarEntry[] {
  const missing = new Map<string, TarEntry>();
  const given = new Set(entries.map(({ path }) => path));
  for (const { path } of entries) {
    for (const parent of parents(path)) {
      if (present.has(parent) || given.has(parent)) continue;
      missing.set(parent, { type: 'directory', path: parent, mode: 0o755, uid: 0, gid: 0 });
    }
  }
  return inOrder([...missing.values(), ...entries]);
}
