import type { Recipe } from './model.ts';

/** Raised when the rules below change, so that every stack is built again. */
export const RULES_VERSION = 1;

const EVERYWHERE = [
  // The engine mounts these; what is in the image would only be in the way.
  'dev/**',
  'proc/**',
  'sys/**',
  'run/**',
  'tmp/**',
  'boot/**',
  // State and caches of the build.
  'var/log/**',
  'var/cache/**',
  'var/tmp/**',
  'var/lib/apt/**',
  'var/lib/systemd/**',
  'var/lib/dpkg/*-old',
  'var/lib/dpkg/lock*',
  'var/lib/ucf/**',
  'var/lib/dbus/machine-id',
  'etc/machine-id',
  'etc/.pwd.lock',
  'etc/passwd-',
  'etc/group-',
  'etc/shadow-',
  'etc/gshadow-',
  'etc/gshadow',
  'etc/subuid*',
  'etc/subgid*',
  // Nothing installs packages inside an image, and nobody logs in to one.
  'etc/apt',
  'etc/apt/**',
  'etc/ssh',
  'etc/ssh/**',
  'etc/cron*',
  'etc/cron*/**',
  'etc/init.d/**',
  'etc/rc*.d/**',
  'etc/systemd/**',
  'usr/lib/systemd/**',
  // Ways to become somebody else; with no set-uid bit they would be of no use anyway.
  'usr/bin/su',
  'usr/bin/newgrp',
  'usr/bin/chsh',
  'usr/bin/chfn',
  'usr/bin/gpasswd',
  'usr/bin/passwd',
  // Keys that a package makes up on installation would be the same for everybody.
  'etc/ssl/private/**',
  'etc/ssl/certs/ssl-cert-snakeoil.pem',
  // For people at a terminal.
  'usr/share/man/**',
  'usr/share/info/**',
  'usr/share/locale/**',
  'usr/share/lintian/**',
  'usr/share/doc-base/**',
  'usr/share/bug/**',
  'usr/share/groff/**',
];

/** A pattern of a recipe as a regular expression: `*` stays within one name, a last `**` takes all that is below. */
export function patternToRegExp(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === '**' ? '.+' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`);
}

export interface Seen {
  readonly type: string | null;
  readonly linkname?: string | null | undefined;
}

/** Decides what stays in a stack. Of the documentation only the copyright files do: licences ask for them. */
export function keeper(recipe: Recipe): (path: string, seen: Seen) => boolean {
  const drops = [...EVERYWHERE, ...recipe.drop].map(patternToRegExp);
  return (path, { type, linkname }) => {
    if (path.startsWith('usr/share/doc/') && type !== 'directory' && !path.endsWith('/copyright')) {
      return type === 'symlink' && path.split('/').length === 4;
    }
    if (type === 'symlink' && linkname === 'ssl-cert-snakeoil.pem') return false;
    if (type === 'symlink' && path.startsWith('etc/alternatives/') && linkname?.startsWith('/usr/share/man/'))
      return false;
    return !drops.some((drop) => drop.test(path));
  };
}
