import { readFile } from 'node:fs/promises';
import type { Runner } from '../../adapters/exec/port.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { listAddresses } from './commands.ts';
import { networkUnreadable } from './errors.ts';
import type { FirewallFacts } from './model.ts';
import { parseAddresses, parseResolvers } from './parse.ts';

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** systemd-resolved listens on 127.0.0.53 and keeps the real ones here; the engine looks here too. */
const BEHIND_STUB = '/run/systemd/resolve/resolv.conf';

/** What the packet filter follows from, on this node. */
export async function observeFirewall(
  run: Runner,
  internal: { readonly subnet: string; readonly interfaces: readonly string[] },
): Promise<Outcome<FirewallFacts>> {
  const listed = await run.run(listAddresses);
  if (isRefusal(listed)) return listed;
  if (listed.code !== 0) {
    return networkUnreadable(listed.stderr.trim());
  }
  const direct = parseResolvers(await text('/etc/resolv.conf'));
  const stub = direct.includes('127.0.0.53') ? parseResolvers(await text(BEHIND_STUB)) : [];
  return {
    internalSubnet: internal.subnet,
    internalInterfaces: internal.interfaces,
    addresses: parseAddresses(listed.stdout),
    resolvers: [...direct, ...stub],
  };
}
