import { BlockList, isIPv4 } from 'node:net';
import type { Refusal } from '../../kernel/refusal.ts';
import { pathsOf } from './daemon/render.ts';
import { addressTaken, engineForeign } from './errors.ts';
import {
  BRIDGE_POOL,
  type EngineProcess,
  EXIT_SUBNET,
  type NodeFacts,
  type NodeSettings,
  PROJECT_POOL,
  REMAP_BASE,
} from './model.ts';

export const isOurEngine = (process: EngineProcess, settings: NodeSettings): boolean =>
  process.command.includes(pathsOf(settings).daemon);

/** Another engine on this machine is somebody's: it is never taken over. */
export function checkForeign(facts: NodeFacts, settings: NodeSettings): Refusal | undefined {
  const foreign = facts.engines.find((process) => !isOurEngine(process, settings));
  return foreign && engineForeign(`process ${foreign.pid}, ${foreign.command.join(' ').slice(0, 200)}`);
}

const rangeOf = (text: string): [string, number] => {
  const [network = '', length = '32'] = text.split('/');
  return [network, Number(length)];
};

/** Whether two IPv4 ranges have an address in common: then one contains the other's first. */
function overlap(a: string, b: string): boolean {
  const [netA, lengthA] = rangeOf(a);
  const [netB, lengthB] = rangeOf(b);
  const wider = new BlockList();
  wider.addSubnet(...((lengthA <= lengthB ? [netA, lengthA] : [netB, lengthB]) as [string, number]));
  return wider.check(lengthA <= lengthB ? netB : netA);
}

/** The machine's own networks must not be where ours will be: packets would go to the wrong place. */
export function checkAddresses(facts: NodeFacts, settings: NodeSettings): Refusal | undefined {
  for (const wanted of [settings.internalSubnet, PROJECT_POOL, EXIT_SUBNET, BRIDGE_POOL]) {
    for (const { destination, device } of facts.routes) {
      if (!isIPv4(destination.split('/')[0] ?? '')) continue;
      if (overlap(wanted, destination)) return addressTaken(wanted, `${destination} on ${device}`);
    }
  }
}

/**
 * What of the running daemon is not as it must be, a phrase each; empty when all is well. The label speaks for the
 * settings that the engine does not tell of (20.10 says nothing of no-new-privileges, icc and the proxy).
 */
export function checkEngine(
  engine: NonNullable<NodeFacts['engine']>,
  settings: NodeSettings,
  label: string,
): string[] {
  const has = (option: string): boolean =>
    engine.securityOptions.some((given) => given.split(',')[0] === `name=${option}`);
  const own = engine.securityOptions.includes(`name=seccomp,profile=${pathsOf(settings).seccomp}`);
  const root = `${settings.engineRoot}/${REMAP_BASE}.${REMAP_BASE}`;
  return [
    ...(engine.labels.includes(label) ? [] : ['it runs with another configuration']),
    ...(has('userns') ? [] : ['it does not map users']),
    ...(own ? [] : ['it does not use our list of system calls']),
    ...(engine.root === root ? [] : [`it keeps its state in ${engine.root}, not in ${root}`]),
  ];
}
