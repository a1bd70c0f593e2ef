import { isIP } from 'node:net';
import type { Refusal } from '../../kernel/refusal.ts';
import { pkiDaysInvalid, pkiNameInvalid } from './errors.ts';
import type { Leaf } from './port.ts';

const LABEL = '[a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?';
const NAME = new RegExp(`^(\\*\\.)?(${LABEL}\\.)*${LABEL}$`);
const COMMON_NAME = /^[\w .:@*-]{1,64}$/;

/** What is wrong with the request for a leaf, if anything. */
export function refuseLeaf(leaf: Leaf): Refusal | undefined {
  if (!COMMON_NAME.test(leaf.commonName)) return pkiNameInvalid(leaf.commonName);
  const host = leaf.hosts.find((name) => name.length > 253 || isIP(name) !== 0 || !NAME.test(name));
  if (host !== undefined) return pkiNameInvalid(host);
  const address = leaf.addresses?.find((text) => isIP(text) === 0);
  if (address !== undefined) return pkiNameInvalid(address);
  if (leaf.usage !== 'client' && leaf.hosts.length + (leaf.addresses?.length ?? 0) === 0)
    return pkiNameInvalid('');
  if (!Number.isInteger(leaf.days) || leaf.days < 1 || leaf.days > 825) return pkiDaysInvalid(leaf.days);
  return undefined;
}
