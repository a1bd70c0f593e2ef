import type { Engine } from '../../adapters/docker/port.ts';
import type { Firewall, Layer, VpnEntry } from '../../adapters/nft/port.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import { networkInUse, networkStepUnknown } from './errors.ts';
import {
  type FirewallFacts,
  NetworkStep,
  type OpenEntry,
  type OperatorAccess,
  projectNetwork,
} from './model.ts';
import { planFirewall, planProjectNetwork } from './plan.ts';

/** Performs the steps of NetworkStep. Idempotent; refusals: `network_in_use`, `network_step_unknown`, the engine's. */
export function makeNetworkPerform({ engine }: { readonly engine: Engine }) {
  return {
    async perform(step: Step): Promise<Outcome<void>> {
      switch (step.kind) {
        case 'ensureProject': {
          const { projectId } = NetworkStep.ensureProject.parse(step.input);
          const made = await engine.networkEnsure(planProjectNetwork(projectId));
          return isRefusal(made) ? made : undefined;
        }
        case 'removeProject': {
          const { projectId } = NetworkStep.removeProject.parse(step.input);
          const removed = await engine.networkRemove(projectNetwork(projectId));
          return isRefusal(removed) && /in use by|active endpoints/.test(removed.message)
            ? networkInUse(projectNetwork(projectId))
            : removed;
        }
        default:
          return networkStepUnknown(step.kind);
      }
    },
  };
}

/**
 * Brings both layers of the packet filter to what the facts ask for; answers the layers that were not as they had
 * been left, for the record: nobody but the agent has business there.
 */
export const ensureFirewall = (
  deps: {
    readonly firewall: Firewall;
    readonly operator?: OperatorAccess;
    readonly open?: readonly OpenEntry[];
    readonly vpn?: VpnEntry | undefined;
  },
  facts: FirewallFacts,
): Promise<Outcome<{ readonly changed: readonly Layer[] }>> =>
  deps.firewall.ensure(planFirewall(facts, deps.operator, deps.open, deps.vpn));
