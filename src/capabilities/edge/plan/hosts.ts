import type { Outcome } from '../../../kernel/refusal.ts';
import * as refuse from '../errors.ts';
import { Host } from '../model.ts';

/** RFC 6761, 6762, 7686 and ICANN's .internal: never resolved publicly. `.localhost` and `.test` are for trying out. */
const SPECIAL = ['invalid', 'local', 'internal', 'onion', 'arpa'];

/** IPv4 in any spelling that some parser takes (decimal, octal, hexadecimal), and IPv6. */
const ADDRESS = /^(\[?[0-9a-f:.]*:[0-9a-f:.]*\]?|(0x[0-9a-f]+|[0-9]+)(\.(0x[0-9a-f]+|[0-9]+))*)$/;

const within = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/**
 * A host name that a customer gave, or why not: `host_not_ascii`, `host_underscore`, `host_trailing_dot`,
 * `host_is_address`, `host_wildcard`, `host_malformed`, `host_special`, `host_reserved` (the platform's own).
 * Upper case is taken and lowered (RFC 4343).
 */
export function checkHost(
  text: string,
  platform: { readonly domain: string; readonly hosts: readonly string[] },
): Outcome<string> {
  // Printable ASCII only: everything else is either unicode or a way to end a line.
  if (!/^[\x21-\x7e]{1,300}$/.test(text))
    return /^[\x20-\x7e]*$/.test(text) ? refuse.hostMalformed(text) : refuse.hostNotAscii(text.slice(0, 300));
  const host = text.toLowerCase();
  if (host.includes('*')) return refuse.hostWildcard(host);
  if (host.endsWith('.')) return refuse.hostTrailingDot(host);
  if (ADDRESS.test(host)) return refuse.hostIsAddress(host);
  if (host.includes('_')) return refuse.hostUnderscore(host);
  if (!Host.safeParse(host).success) return refuse.hostMalformed(host);
  if (SPECIAL.some((domain) => within(host, domain))) return refuse.hostSpecial(host);
  if (within(host, platform.domain) || platform.hosts.some((own) => within(host, own)))
    return refuse.hostReserved(host);
  return host;
}
