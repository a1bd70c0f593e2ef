import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import { addAddress, addSubordinates, addUser } from './commands.ts';
import { renderFiles } from './daemon/render.ts';
import type { NodeDeps } from './deps.ts';
import { startEngine, stopEngine } from './engine.ts';
import { nodeStepFailed } from './errors.ts';
import {
  EXIT_BRIDGE,
  EXIT_SUBNET,
  type NodeFacts,
  NodeStep,
  type NodeStepKind,
  PROJECT_MASK,
  PROJECT_POOL,
} from './model.ts';
import { sysctlPath } from './observe.ts';

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(`${path}.new`, content, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

type Performers = { [K in NodeStepKind]: (step: Step) => Promise<Outcome<unknown>> };

/** One step of a node's plan; `facts` are those the plan was made from. */
export function performNode(
  deps: NodeDeps,
  facts: NodeFacts,
  seccomp: string,
  step: Step,
): Promise<Outcome<unknown>> {
  const { engine, settings } = deps;
  async function run(...commands: Command[]): Promise<Outcome<void>> {
    for (const command of commands) {
      const ran = await deps.run.run(command);
      if (isRefusal(ran)) return ran;
      if (ran.code !== 0) return nodeStepFailed(step.summary, (ran.stderr || ran.stdout).trim());
    }
  }
  const performers: Performers = {
    remapUser: () => {
      const { user, subuid, subgid } = facts.remapUser;
      return run(
        ...(user ? [] : [addUser]),
        ...(subuid && subgid ? [] : [addSubordinates({ subuid: !subuid, subgid: !subgid })]),
      );
    },
    address: ({ input }) => run(addAddress(NodeStep.address.parse(input).address)),
    sysctls: async ({ input }) => {
      for (const [name, value] of Object.entries(NodeStep.sysctls.parse(input).values)) {
        await writeFile(sysctlPath(name), value);
      }
    },
    files: async ({ input }) => {
      const files = renderFiles(settings, seccomp);
      for (const path of NodeStep.files.parse(input).paths) await write(path, files[path] ?? '');
    },
    stopEngine: () => stopEngine(deps),
    startEngine: () => startEngine(deps),
    exitBridge: () =>
      engine.networkEnsure({
        name: EXIT_BRIDGE,
        labels: {},
        driver: 'bridge',
        internal: false,
        subnet: EXIT_SUBNET,
        options: {
          'com.docker.network.bridge.name': EXIT_BRIDGE,
          'com.docker.network.bridge.enable_icc': 'false',
          'com.docker.network.bridge.enable_ip_masquerade': 'true',
          // Without it, tasks' ports would listen on every address of the machine.
          'com.docker.network.bridge.host_binding_ipv4': settings.internalAddress,
          'com.docker.network.driver.mtu': String(facts.mtu),
        },
      }),
    swarm: () => {
      const address = settings.internalAddress;
      return engine.swarmInit({
        advertise: address,
        listen: address,
        pool: PROJECT_POOL,
        poolMask: PROJECT_MASK,
      });
    },
    removeIngress: () => engine.networkRemove('ingress'),
  };
  const perform = performers[step.kind as NodeStepKind];
  return perform
    ? perform(step)
    : Promise.resolve(nodeStepFailed(step.summary, `no such step: ${step.kind}`));
}
