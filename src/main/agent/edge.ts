import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../adapters/docker/port.ts';
import { makeEdge } from '../../adapters/haproxy/apply.ts';
import { checkArgv, edgeArgv } from '../../adapters/haproxy/commands.ts';
import type { Edge } from '../../adapters/haproxy/port.ts';
import { configFile } from '../../adapters/haproxy/render/names.ts';
import { DEFAULT_LIMITS, EDGE_UID, type EdgeSettings, publicBind } from '../../adapters/haproxy/settings.ts';
import type { EdgePart } from '../../capabilities/nodes/system/deps.ts';
import { containers } from '../../capabilities/nodes/system/specs.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { operatorsSocket, paths, VPN } from '../paths.ts';

const IPV6 = '/proc/net/if_inet6';
const READY_TRIES = 100;

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export interface ThisEdge {
  readonly edge: Edge;
  /** What the container needs before its first start; later starts find the files of last time. */
  readonly prepare: () => Promise<Outcome<EdgePart>>;
  readonly ready: () => Promise<Outcome<void>>;
}

/** The load balancer of this node: HAProxy in the system project's container, driven over its sockets. */
export async function thisNodesEdge(engine: Engine): Promise<ThisEdge> {
  const settings: EdgeSettings = {
    files: paths.edge,
    sockets: {
      admin: join(paths.edgeSocketDir, 'admin.sock'),
      master: join(paths.edgeSocketDir, 'master.sock'),
    },
    bind: publicBind(await there(IPV6)),
    inside: { address: VPN.address, subnet: VPN.subnet, socket: operatorsSocket },
    log: 'stdout',
    gid: EDGE_UID,
    limits: DEFAULT_LIMITS,
  };
  const edge = makeEdge({
    settings,
    check: (file) => engine.exec(containers.edge, checkArgv(file)),
  });
  const [program, ...command] = edgeArgv(settings);
  return {
    edge,
    async prepare() {
      if (!(await there(configFile(settings.files)))) {
        const empty = { backends: [], routes: [], certificates: [], challenges: [], slots: 256 };
        const prepared = await edge.prepare(empty);
        if (isRefusal(prepared)) return prepared;
      }
      return {
        entrypoint: [program],
        command,
        config: '1',
        mounts: [
          { source: paths.edge, target: paths.edge, readOnly: true },
          { source: paths.edgeSocketDir, target: paths.edgeSocketDir, readOnly: false },
          { source: paths.apiSocketDir, target: paths.apiSocketDir, readOnly: true },
          { source: paths.operatorsSocketDir, target: paths.operatorsSocketDir, readOnly: true },
        ],
      };
    },
    async ready() {
      let health = await edge.health();
      for (let left = READY_TRIES; isRefusal(health) && left > 0; left -= 1) {
        await sleep(100);
        health = await edge.health();
      }
      return isRefusal(health) ? health : undefined;
    },
  };
}
