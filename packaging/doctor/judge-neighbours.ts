import type { MachineFacts } from './facts.ts';
import { fail, type Judgement, ok } from './judgement.ts';

/** The edge's user on the host; see src/capabilities/nodes/system/specs.ts. */
const EDGE_UID = 65_000;

/** The only two ports that the internet reaches: free, or already the edge's. */
export function judgePorts({ listeners }: MachineFacts): Judgement[] {
  return [80, 443].map((port) => {
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
