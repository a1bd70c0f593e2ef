import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { archiveDuplicate, archiveEntries, archiveLink, archivePath, archiveType } from './errors.ts';
import { hasControl } from './model.ts';

export interface EntryHeader {
  readonly name: string;
  readonly type: string | null | undefined;
  readonly linkname?: string | null | undefined;
  readonly mode?: number | undefined;
}

/** What to do with one entry. Parents are listed outermost first, those not there yet. */
export type EntryAction =
  | { readonly do: 'skip' }
  | { readonly do: 'directory'; readonly path: string; readonly parents: readonly string[] }
  | { readonly do: 'file'; readonly path: string; readonly parents: readonly string[]; readonly mode: number }
  | {
      readonly do: 'link';
      readonly path: string;
      readonly parents: readonly string[];
      readonly target: string;
    };

/** What the archive has named so far. */
export interface Seen {
  readonly kinds: Map<string, 'directory' | 'file' | 'link'>;
  /** Folded spelling to the spelling first seen, for the names that the platform itself reads. */
  readonly folded: Map<string, string>;
  entries: number;
}

export const nothingSeen = (): Seen => ({ kinds: new Map(), folded: new Map(), entries: 0 });

const MAX_PATH = 1024;
const MAX_DEPTH = 64;
/** Two spellings of one of these could make the platform read another file than a person did. */
const READ_BY_US =
  /^(procfile|app\.json|bastide\.yaml|dockerfile|package\.json|package-lock\.json|requirements\.txt|composer\.json|manage\.py|pyproject\.toml)$/;

/** The path's parts, or why it is refused. `.` parts and a trailing slash are dropped. */
function split(name: string): Outcome<string[]> {
  if (name === '') return archivePath(name, 'it is empty');
  if (Buffer.byteLength(name) > MAX_PATH) return archivePath(name, `it is longer than ${MAX_PATH} bytes`);
  if (hasControl(name)) return archivePath(name, 'it has a control character');
  if (name.includes('\uFFFD')) return archivePath(name, 'it is not UTF-8');
  if (name.includes('\\')) return archivePath(name, 'it has a backslash');
  if (name.startsWith('/')) return archivePath(name, 'it is an absolute path');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return archivePath(name, 'it leads out with `..`');
  if (parts.length > MAX_DEPTH) return archivePath(name, `it is deeper than ${MAX_DEPTH} directories`);
  if (parts.some((part) => Buffer.byteLength(part) > 255))
    return archivePath(name, 'a part is longer than 255 bytes');
  return parts;
}

/**
 * Whether a link stays within. `..` may come first only: the directories above a link are real ones, made by us,
 * so climbing from there is safe; after a name it could climb from wherever another link points.
 */
export function linkStaysWithin(depth: number, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\\') || hasControl(target)) return false;
  if (Buffer.byteLength(target) > MAX_PATH) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  let up = 0;
  while (parts[up] === '..') up += 1;
  return up <= depth && !parts.slice(up).includes('..');
}

/** Judges one entry and remembers it. Refuses anything that could write or point outside. */
export function judgeEntry(seen: Seen, header: EntryHeader, maxEntries: number): Outcome<EntryAction> {
  seen.entries += 1;
  if (seen.entries > maxEntries) return archiveEntries(maxEntries);
  if (header.type === 'pax-global-header') return { do: 'skip' };
  const parts = split(header.name);
  if (isRefusal(parts)) return parts;
  const kind = kindOf(header);
  if (kind === undefined) return archiveType(header.name, header.type ?? 'thing of unknown type');
  if (parts.length === 0)
    return kind === 'directory' ? { do: 'skip' } : archivePath(header.name, 'it names the top');

  const parents: string[] = [];
  for (let n = 1; n < parts.length; n += 1) {
    const parent = parts.slice(0, n).join('/');
    const is = seen.kinds.get(parent);
    if (is === undefined) {
      seen.kinds.set(parent, 'directory');
      parents.push(parent);
    } else if (is !== 'directory')
      return archivePath(header.name, `it lies beneath ${parent}, which is a ${is}`);
  }
  const path = parts.join('/');
  const before = seen.kinds.get(path);
  if (before !== undefined && !(before === 'directory' && kind === 'directory'))
    return archiveDuplicate(path);
  const folded = path.normalize('NFKC').toLowerCase();
  if (READ_BY_US.test(folded)) {
    const spelled = seen.folded.get(folded);
    if (spelled !== undefined && spelled !== path) return archiveDuplicate(path);
    seen.folded.set(folded, path);
  }
  seen.kinds.set(path, kind);

  if (kind === 'directory') return before ? { do: 'skip' } : { do: 'directory', path, parents };
  if (kind === 'file')
    return { do: 'file', path, parents, mode: ((header.mode ?? 0) & 0o111) !== 0 ? 0o755 : 0o644 };
  const target = header.linkname ?? '';
  if (!linkStaysWithin(parts.length - 1, target)) return archiveLink(path, target, 'leads out of the source');
  return { do: 'link', path, parents, target };
}

function kindOf(header: EntryHeader): 'directory' | 'file' | 'link' | undefined {
  if (header.type === 'directory') return 'directory';
  if (header.type === 'symlink') return 'link';
  if (header.type === 'file' || header.type === 'contiguous-file') return 'file';
  return undefined;
}
