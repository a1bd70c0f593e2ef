import { INTERNAL_ADDRESS } from '../../src/main/paths.ts';
import type { Listener, MachineFacts } from './facts.ts';
import { fail, type Judgement, ok, warn } from './judgement.ts';

/** The edge's user on the host; see src/capabilities/nodes/system/specs.ts. */
const EDGE_UID = 65_000;

const EDGE_PORTS = [80, 443];

/** The only two ports that the internet reaches: free, or already the edge's. */
export function judgePorts({ listeners }: MachineFacts): Judgement[] {
  return EDGE_PORTS.map((port) => {
    const on = listeners.filter((listener) => listener.port === port);
    if (on.length === 0) return ok(`port ${port}`, 'free');
    if (on.every((listener) => listener.uid === EDGE_UID)) return ok(`port ${port}`, "the edge's");
    return fail(
      `port ${port}`,
      `taken by a program of user ${on.find((listener) => listener.uid !== EDGE_UID)!.uid}`,
      `Find it with "ss -ltnp sport = :${port}" and stop it; Bastide's edge must have this port.`,
    );
  });
}

/** Two engines would fight over the same iptables chains, and other people's containers are not ours to touch. */
export function judgeEngines({ engines }: MachineFacts): Judgement {
  if (engines.length === 0) return ok('engine', 'no other Docker Engine runs here');
  const { pid, containers } = engines.find((engine) => engine.containers !== 0) ?? engines[0]!;
  if (containers === 0) {
    return fail(
      'engine',
      `another Docker Engine runs here (process ${pid}), without containers`,
      'Switch it off (systemctl disable --now docker.socket docker, or service docker stop); Bastide brings its own.',
    );
  }
  return fail(
    'engine',
    `another Docker Engine (process ${pid}) runs ${containers ?? 'an unknown number of'} containers that are not ours`,
    'Bastide does not take over a machine that serves somebody else. Use another machine, or move those away first.',
  );
}

const isPublic = ({ address }: Listener): boolean =>
  !address.startsWith('127.') && address !== '0:0:0:0:0:0:0:1' && address !== INTERNAL_ADDRESS;

/** Who can be reached from outside today and could not be any more: neither the edge's nor the operator's way in. */
export function closedPorts(
  listeners: readonly Listener[],
  operatorPorts: readonly number[],
): readonly Listener[] {
  const open = new Set([...EDGE_PORTS, ...operatorPorts]);
  const closed = listeners.filter((listener) => isPublic(listener) && !open.has(listener.port));
  return [...new Map(closed.map((listener) => [listener.port, listener])).values()].sort(
    (one, other) => one.port - other.port,
  );
}

/** For people: `2222 (sshd), 9100 (a hidden program of user 0)`. */
export const listOf = (listeners: readonly Listener[]): string =>
  listeners
    .map(({ port, program, uid }) => `${port} (${program ?? `a hidden program of user ${uid}`})`)
    .join(', ');

/** How to keep them open. */
export const keepOpen = (listeners: readonly Listener[], operatorPorts: readonly number[]): string =>
  `npm start -- --operator-ports ${[...operatorPorts, ...listeners.map(({ port }) => port)].join(',')}`;

/** The firewall closes whatever else listens; whoever comes in by such a port would be cut off. */
export function judgeOtherPorts({ listeners, platform }: MachineFacts): Judgement {
  const { agentRunning, operatorPorts } = platform;
  const closed = closedPorts(listeners, operatorPorts);
  if (closed.length === 0) return ok('other ports', 'nothing that the firewall would close');
  if (agentRunning) return ok('other ports', `closed to the outside by the firewall: ${listOf(closed)}`);
  return warn(
    'other ports',
    `the firewall will close ${listOf(closed)}`,
    `Do you come in by one of them? Then ${keepOpen(closed, operatorPorts)}; else npm start -- --close-other-ports.`,
  );
}
