import { join } from 'node:path';
import { makeEngine } from '../../adapters/docker/engine.ts';
import type { Engine } from '../../adapters/docker/port.ts';
import { runner } from '../../adapters/exec/run.ts';
import { makeFirewall } from '../../adapters/nft/firewall.ts';
import type { VpnEntry } from '../../adapters/nft/port.ts';
import { makeFileMemory } from '../../adapters/nft/remember.ts';
import type { OpenEntry, OperatorAccess } from '../../capabilities/network/model.ts';
import { observeFirewall } from '../../capabilities/network/observe.ts';
import { ensureFirewall } from '../../capabilities/network/perform.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { nodeSettings } from '../../capabilities/nodes/settings.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { paths } from '../paths.ts';

/**
 * This node: its engine, its packet filter with the operator's way in and what is open of the gateways and the VPN
 * now, and how they are brought up.
 */
export function thisNode(
  operator?: OperatorAccess,
  open: () => readonly OpenEntry[] = () => [],
  vpn: () => VpnEntry | undefined = () => undefined,
): NodeDeps & { readonly engine: Engine } {
  const engine = makeEngine(paths.engineSocket);
  const firewall = makeFirewall(runner, makeFileMemory(join(paths.run, 'firewall.json')));
  const internal = { subnet: nodeSettings.internalSubnet, interfaces: ['lo'] };
  return {
    run: runner,
    engine,
    firewall,
    settings: { ...nodeSettings, cgroupParent: process.env.BASTIDE_CGROUP ?? nodeSettings.cgroupParent },
    async ensureFirewall() {
      const facts = await observeFirewall(runner, internal);
      return isRefusal(facts)
        ? facts
        : ensureFirewall({ firewall, open: open(), vpn: vpn(), ...(operator ? { operator } : {}) }, facts);
    },
  };
}
