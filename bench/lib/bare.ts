// A program: the bare steps of a deploy, by hand, on a lab host where the platform runs: build in the same jail, push,
// pull, start the new service, wait until it answers, remove the old one. No API, no database, no signature, no edge.
// Arguments: source directory, uuid whose layer cache to use, name of the new service, name of the old one or nothing.
// Prints the seconds of each step as JSON.
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, ServiceSpec } from '../../src/adapters/docker/port.ts';
import { makeRegistry } from '../../src/adapters/registry/client.ts';
import { APP_PORT, REPLICA_LIMITS } from '../../src/capabilities/apps/model.ts';
import { containerArgv } from '../../src/capabilities/apps/source/model.ts';
import { readSource } from '../../src/capabilities/apps/source/read.ts';
import { REGISTRY_HOST, registryClientFiles } from '../../src/capabilities/nodes/system/registry.ts';
import { newId } from '../../src/kernel/id.ts';
import { must } from '../../src/kernel/refusal.ts';
import { Secret } from '../../src/kernel/secret.ts';
import { thisNodesBuilder, thisNodesStacks } from '../../src/main/agent/builder.ts';
import { thisNode } from '../../src/main/agent/node.ts';
import { INTERNAL_ADDRESS } from '../../src/main/paths.ts';

const [dir = '', projectId = '', name = '', old = ''] = process.argv.slice(2);
const MIB = 1024 ** 2;
const LABEL = 'bastide-bench.service';

const { engine } = thisNode();
const stacks = thisNodesStacks(join(import.meta.dirname, '../../stacks'));
const { builder } = thisNodesBuilder(stacks, () => {});
const { ca, certificate, key } = registryClientFiles;
const registry = await makeRegistry({ host: REGISTRY_HOST, tls: { ca, cert: certificate, key } });

const took: Record<string, number> = {};
async function timed<T>(step: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  took[step] = (performance.now() - started) / 1000;
  return result;
}

const ok = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const asking = request({ host: INTERNAL_ADDRESS, port, path: '/up', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asking.once('error', () => resolve(false)).end();
  });

const ENDED = new Set(['failed', 'rejected', 'complete', 'orphaned']);

async function untilItAnswers(from: Engine): Promise<void> {
  for (;;) {
    const [task] = must(await from.tasks({ [LABEL]: name }));
    if (task?.publishedPort !== undefined && (await ok(task.publishedPort))) return;
    if (task && ENDED.has(task.state)) throw new Error(task.error ?? task.state);
    await sleep(50);
  }
}

const network = must(await engine.networks()).find((one) => one.name.startsWith('bastide-p-'));
if (!network) throw new Error('no project has a network yet');

let command: readonly string[] | undefined;
const built = await timed('build', async () => {
  const { dockerfile, processes, stacks: names } = must(await readSource(dir));
  const text = processes.web?.command;
  if (text) command = containerArgv(text);
  const layouts = await Promise.all(names.map((stack) => stacks.current(stack)));
  const limits = { memoryBytes: 2048 * MIB, cpus: 1.5, pids: 1024, diskBytes: 4096 * MIB, seconds: 1200 };
  return must(
    await builder.build(
      {
        id: newId(),
        projectId,
        sourceDir: dir,
        dockerfile,
        stacks: layouts.flatMap((l) => l ?? []),
        limits,
      },
      () => {},
    ),
  );
});
const image = await timed('push', async () => {
  const base = must(await registry.push(built.stack.layout, `stacks/${built.stack.name}`));
  return must(await registry.push(built.layout, 'apps/bench', base));
});
const reference = `${REGISTRY_HOST}/${image.repository}@${image.digest}`;
const none = new Secret('{}');
await timed('pull', async () => must(await engine.imagePull(reference, none)));
const spec: ServiceSpec = {
  name,
  labels: { [LABEL]: name },
  image: reference,
  ...(command ? { entrypoint: command } : {}),
  env: { HOME: '/tmp', PORT: String(APP_PORT) },
  user: '10001:10001',
  replicas: 1,
  network: network.name,
  port: APP_PORT,
  limits: REPLICA_LIMITS,
  tmpfs: [
    { path: '/tmp', sizeBytes: 128 * MIB },
    { path: '/run', sizeBytes: 16 * MIB },
  ],
  stopGraceSeconds: 15,
  restart: 'any',
};
await timed('start', async () => {
  must(await engine.serviceCreate(spec, none));
  await untilItAnswers(engine);
});
await timed('stop the old', async () => {
  if (old !== '') must(await engine.serviceRemove(old));
});
console.log(JSON.stringify(took));
