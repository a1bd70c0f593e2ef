/** PURE. What .gitignore and .bastideignore say (gitignore(5)), as far as it is about names. */
interface Rule {
  readonly pattern: RegExp;
  readonly negated: boolean;
  readonly directories: boolean;
}

export interface IgnoreFile {
  /** Directory of the file, relative to the root, `''` or ending in `/`. */
  readonly base: string;
  readonly rules: readonly Rule[];
}

const quoted = (text: string): string => text.replaceAll(/[.+^${}()|\\]/g, '\\$&');

/** A glob as the source of a regular expression: `*` and `?` stay inside a name, `**` does not. */
function globSource(glob: string): string {
  let source = '';
  for (let i = 0; i < glob.length; ) {
    if (glob.startsWith('**/', i)) {
      source += '(?:[^/]+/)*';
      i += 3;
    } else if (glob.startsWith('**', i)) {
      source += '.*';
      i += 2;
    } else {
      const klass = /^\[!?[^\]/]+\]/.exec(glob.slice(i))?.[0];
      const one = glob[i]!;
      if (klass) source += klass.replace('[!', '[^').replaceAll('\\', '\\\\');
      else if (one === '*') source += '[^/]*';
      else if (one === '?') source += '[^/]';
      else source += quoted(one === '\\' ? (glob[i + 1] ?? '') : one);
      i += klass?.length ?? (one === '\\' ? 2 : 1);
    }
  }
  return source;
}

function parseRule(line: string): Rule | undefined {
  const text = line.replace(/\r$/, '').replace(/(?<!\\) +$/, '');
  if (text === '' || text.startsWith('#')) return undefined;
  const negated = text.startsWith('!');
  const directories = text.endsWith('/');
  const glob = text.slice(negated ? 1 : 0, directories ? -1 : undefined);
  const anchored = glob.includes('/');
  try {
    const source = globSource(glob.replace(/^\//, ''));
    return { negated, directories, pattern: new RegExp(`^${anchored ? '' : '(?:.*/)?'}${source}$`) };
  } catch {
    return undefined;
  }
}

export const parseIgnore = (base: string, text: string): IgnoreFile => ({
  base,
  rules: text.split('\n').flatMap((line) => parseRule(line) ?? []),
});

/** Never sent, whatever the files say: history and secrets. */
const NEVER = /^(\.git|\.env(\..+)?|\.bastide)$/;
const EXAMPLE = /^\.env\.(example|sample|template|dist)$/;

/** Whether a path is left out. `files` from the root inwards; the last rule that matches decides. */
export function ignored(files: readonly IgnoreFile[], path: string, directory: boolean): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (NEVER.test(name) && !EXAMPLE.test(name)) return true;
  let out = false;
  for (const { base, rules } of files) {
    if (!path.startsWith(base)) continue;
    const inside = path.slice(base.length);
    for (const rule of rules)
      if ((directory || !rule.directories) && rule.pattern.test(inside)) out = !rule.negated;
  }
  return out;
}
