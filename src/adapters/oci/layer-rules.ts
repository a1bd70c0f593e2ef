/** What a tar says of one of its members, as far as the rules look. */
export interface Member {
  readonly name: string;
  readonly type: string | null;
  readonly mode: number;
  readonly linkname?: string | null | undefined;
}

/** Where an app's layer may put things. */
const OWN = ['app', 'tmp', 'home', 'srv', 'opt', 'run', 'root', 'var/tmp'];

/** Files that build tools touch in every layer, empty in the stack; the engine mounts its own over them. */
const HARMLESS = new Set(['etc/hostname', 'etc/hosts', 'etc/resolv.conf']);

const PLAIN = new Set(['file', 'directory', 'symlink', 'link']);

const isOwn = (path: string): boolean => OWN.some((dir) => path === dir || path.startsWith(`${dir}/`));

/**
 * What speaks against one member of an app's layer, or undefined. An app's layer stays out of its stack, so that
 * the stack below can be replaced by a newer one and an app cannot plant a library or remove a check.
 */
export function objection({ name, type, mode, linkname }: Member): string | undefined {
  if (name.includes('\0') || name.startsWith('/')) return `absolute path ${name}`;
  const path = name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  const parts = path.split('/');
  if (parts.includes('..')) return `path with .. ${path}`;
  if (type === null || !PLAIN.has(type)) return `${type ?? 'unknown'} ${path}`;
  if (type !== 'directory' && type !== 'symlink' && (mode & 0o6000) !== 0) return `set-uid file ${path}`;
  if (path === '' || path === '.') return undefined;
  if (parts.at(-1)!.startsWith('.wh.') && !isOwn(path)) return `removal of ${path.replace('.wh.', '')}`;
  if (type === 'link') {
    const target = (linkname ?? '').replace(/^(\.?\/)+/, '');
    if (target.split('/').includes('..') || !isOwn(target)) return `hard link ${path} to ${linkname}`;
  }
  if (type === 'directory' || isOwn(path) || HARMLESS.has(path)) return undefined;
  return `outside the app: ${path}`;
}
