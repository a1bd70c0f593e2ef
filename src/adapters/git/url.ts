import { isIP } from 'node:net';
import type { Outcome } from '../../kernel/refusal.ts';
import { refRefused, urlRefused } from './errors.ts';

export interface GitUrl {
  readonly host: string;
  readonly path: string;
  /** Written anew from its parts: what git is given is never the text that came in. */
  readonly href: string;
}

/** Reads a repository's address. Only `https://host/path`: no user, port, query, fragment, `..` or address literal. */
export function parseGitUrl(text: string): Outcome<GitUrl> {
  if (text.length > 2048) return urlRefused('it is too long');
  if (!/^[\x21-\x7e]+$/.test(text)) return urlRefused('it has spaces or letters beyond ASCII');
  if (text.startsWith('-')) return urlRefused('it starts with a dash');
  if (!URL.canParse(text)) return urlRefused('it is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' || !/^https:\/\//i.test(text)) return urlRefused('only https is taken');
  if (url.username !== '' || url.password !== '') return urlRefused('it has a user or password in it');
  if (url.port !== '') return urlRefused('only port 443 is taken');
  if (url.search !== '' || url.hash !== '') return urlRefused('it has a query or fragment');
  const host = url.hostname;
  if (host.startsWith('[') || isIP(host)) return urlRefused('the host is an address, not a name');
  if (!/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(host))
    return urlRefused('the host is not a full name');
  if (/(^|\.)(localhost|local|internal|localdomain|home|lan)$/.test(host))
    return urlRefused('the host is not a public name');
  if (!/^(\/[A-Za-z0-9._~-]+)+\/?$/.test(url.pathname) || text.includes('..'))
    return urlRefused('its path is not plain');
  if (url.pathname.split('/').some((part) => part.startsWith('-')))
    return urlRefused('a part starts with a dash');
  return { host, path: url.pathname, href: `https://${host}${url.pathname}` };
}

/** A branch, tag or commit (git-check-ref-format, narrowed). Nothing given: the repository's HEAD. */
export function parseRef(ref: string | undefined): Outcome<string> {
  if (ref === undefined) return 'HEAD';
  const plain = /^[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}$/.test(ref);
  return !plain || /\.\.|\/\/|\.lock(\/|$)|[./]$|\/\./.test(ref) ? refRefused() : ref;
}
