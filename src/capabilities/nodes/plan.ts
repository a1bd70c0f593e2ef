import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import { checkAddresses, checkEngine, checkForeign } from './check.ts';
import { labelOf, pathsOf, renderFiles, sha256 } from './daemon/render.ts';
import { EXIT_BRIDGE, type NodeFacts, type NodeSettings, type NodeStepKind } from './model.ts';

/**
 * Kernel settings of the node, all of its network namespace: packets for tasks are forwarded, the edge binds 80 and
 * 443 without a privilege, nobody reaches the loopback network from outside.
 */
export const SYSCTLS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.ip_unprivileged_port_start': '80',
  'net.ipv4.conf.all.route_localnet': '0',
  'net.ipv4.conf.all.accept_source_route': '0',
  'net.ipv4.conf.all.accept_redirects': '0',
  'net.ipv4.conf.all.send_redirects': '0',
  // Frames between two containers of the shared bridge pass iptables too.
  'net.bridge.bridge-nf-call-iptables': '1',
  'net.bridge.bridge-nf-call-ip6tables': '1',
};

const step = (kind: NodeStepKind, summary: string, input: unknown = {}): Step => ({
  capability: 'nodes',
  kind,
  key: kind,
  summary,
  input,
});

/** Where the engine is: there, but with other settings; gone; or as wanted. */
function planEngine(facts: NodeFacts, settings: NodeSettings, label: string): Step[] {
  if (!facts.engine) {
    const stuck =
      facts.engines.length > 0 ? [step('stopEngine', 'Stops the engine that does not answer')] : [];
    return [...stuck, step('startEngine', 'Starts the engine')];
  }
  const wrong = checkEngine(facts.engine, settings, label);
  if (wrong.length === 0) return [];
  return [
    step('stopEngine', `Stops the engine: ${wrong.join('; ')}`),
    step('startEngine', 'Starts the engine'),
  ];
}

/** After the engine answers: the bridge first, because swarm would make it with addresses open to everybody. */
function planSwarm(engine: NonNullable<NodeFacts['engine']>): Step[] {
  const steps: Step[] = [];
  if (!engine.networks.includes(EXIT_BRIDGE)) steps.push(step('exitBridge', "Makes the tasks' way out"));
  if (engine.swarm !== 'active') steps.push(step('swarm', 'Starts the cluster of one node'));
  if (engine.networks.includes('ingress')) steps.push(step('removeIngress', 'Removes the ingress network'));
  return steps;
}

/** What is left to do on this node. Empty when its foundation is as wanted. Refusals: `engine_foreign`, `node_address_taken`. */
export function planNode(
  facts: NodeFacts,
  settings: NodeSettings,
  seccomp: string,
): Outcome<readonly Step[]> {
  const refused = checkForeign(facts, settings) ?? checkAddresses(facts, settings);
  if (isRefusal(refused)) return refused;
  const steps: Step[] = [];

  const { user, subuid, subgid } = facts.remapUser;
  if (!user || !subuid || !subgid)
    steps.push(step('remapUser', "Makes the user that containers' users are mapped to"));

  if (!facts.addresses.includes(settings.internalAddress)) {
    steps.push(
      step('address', `Adds the internal address ${settings.internalAddress}`, {
        address: settings.internalAddress,
      }),
    );
  }

  // A setting that the kernel does not know (no br_netfilter) is not there to be wrong.
  const values = Object.fromEntries(
    Object.entries(SYSCTLS).filter(
      ([name, value]) => facts.sysctls[name] !== undefined && facts.sysctls[name] !== value,
    ),
  );
  if (Object.keys(values).length > 0)
    steps.push(step('sysctls', 'Sets kernel settings of the network', { values }));

  const files = renderFiles(settings, seccomp);
  const paths = Object.entries(files).flatMap(([path, text]) =>
    facts.files[path] === sha256(text) ? [] : [path],
  );
  if (paths.length > 0) steps.push(step('files', "Writes the engine's configuration", { paths }));

  const engine = planEngine(facts, settings, labelOf(files[pathsOf(settings).daemon] ?? '{"labels":[]}'));
  steps.push(...engine);
  if (facts.engine && engine.length === 0) steps.push(...planSwarm(facts.engine));
  return steps;
}
