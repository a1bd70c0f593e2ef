import type { Outcome, Refusal } from '../../kernel/refusal.ts';
import { engineError, imageMissing } from './errors.ts';
import type { Call, Labels, Loaded, MemoryEngine } from './handles.ts';
import { memoryExecStream, memoryTerminal, reveal } from './memory-stream.ts';
import { guardMounts } from './mounts.ts';
import type { ContainerFacts, ContainerSpec, LogLine, NetworkSpec, ServiceSpec, TaskFacts } from './port.ts';
import { hashSpec } from './render.ts';

export type { MemoryEngine } from './handles.ts';

const FIRST_PORT = 32768;

const has = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([k, v]) => (v === '' ? k in labels : labels[k] === v));
const idOf = (kind: string, n: number): string => `${kind}${String(n).padStart(4, '0')}`;

/** An engine without an engine. It passes the same conformance suite as the real one. */
export function makeMemoryEngine(now: () => number = () => 0, projects?: string): MemoryEngine {
  let counter = 0;
  const next = (kind: string): string => idOf(kind, ++counter);
  const at = (): string => new Date(now()).toISOString();
  const calls: string[] = [];
  const failures = new Map<string, Refusal>();
  const images = new Map<string, Loaded>();
  const networks = new Map<string, NetworkSpec & { id: string }>();
  const services = new Map<string, ServiceSpec & { id: string }>();
  const containers = new Map<string, ContainerSpec>();
  const containerFacts = new Map<string, ContainerFacts>();
  const logs = new Map<string, LogLine[]>();
  let tasks: TaskFacts[] = [];
  let port = FIRST_PORT;
  let swarm: 'inactive' | 'active' = 'inactive';
  let fate: Parameters<MemoryEngine['newTasks']>[0] = () => ({});
  let execAnswer: Parameters<MemoryEngine['answerExec']>[0] = () => ({ code: 0, stdout: '', stderr: '' });
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };

  function asked<T>(method: Call, what: string, answer: () => Outcome<T>): Promise<Outcome<T>> {
    calls.push(what ? `${method} ${what}` : method);
    const refusal = failures.get(method);
    failures.delete(method);
    const outcome = refusal ?? answer();
    wake();
    return Promise.resolve(outcome);
  }

  function startTask(spec: ServiceSpec, slot: number): void {
    const state = fate(spec, slot);
    const running = (state.state ?? 'running') === 'running';
    tasks.unshift({
      id: next('task'),
      service: spec.name,
      labels: spec.labels,
      slot,
      state: 'running',
      wantedState: 'running',
      error: undefined,
      exitCode: undefined,
      nodeId: 'node1',
      containerId: next('container'),
      publishedPort: running && spec.port !== undefined ? port++ : undefined,
      at: at(),
      ...state,
    });
  }

  const wanted = (task: TaskFacts): boolean => task.wantedState === 'running';
  const end = (gone: (task: TaskFacts) => boolean): void => {
    tasks = tasks.map((task) =>
      gone(task) && wanted(task)
        ? { ...task, state: 'shutdown', wantedState: 'shutdown', publishedPort: undefined, at: at() }
        : task,
    );
  };

  const known = (container: string) =>
    containers.has(container) || tasks.some((task) => task.containerId === container);
  const missing = (what: string, name: string) => engineError(404, `${what} ${name} not found`);

  const engine: MemoryEngine = {
    calls,
    state: { services, containers, networks },
    addImage: (reference, id = next('sha256:image')) => {
      const digest = reference.includes('@') ? [reference] : [];
      images.set(reference, { id, digests: digest, layers: [`${id}-layer`], bytes: 1 });
    },
    newTasks: (of) => {
      fate = of;
    },
    setTask: (service, change, slot) => {
      tasks = tasks.map((task) =>
        task.service === service && (slot === undefined || task.slot === slot)
          ? { ...task, ...change }
          : task,
      );
      wake();
    },
    setContainer: (name, change) => {
      const facts = containerFacts.get(name);
      if (facts) containerFacts.set(name, { ...facts, ...change });
      wake();
    },
    addLog: (of, line) => {
      logs.set(of, [...(logs.get(of) ?? []), line]);
      wake();
    },
    answerExec: (of) => {
      execAnswer = of;
    },
    failNext: (method, refusal = engineError(500, 'it was told to fail')) => {
      failures.set(method, refusal);
    },

    facts: () =>
      asked('facts', '', () => ({
        version: 'memory',
        swarm,
        nodeId: swarm === 'active' ? 'node1' : undefined,
        securityOptions: ['name=seccomp,profile=memory', 'name=userns', 'name=no-new-privileges'],
        containers: containers.size,
        root: '/memory',
        labels: [],
      })),
    swarmInit: () =>
      asked('swarmInit', '', () => {
        swarm = 'active';
      }),
    swarmLeave: () =>
      asked('swarmLeave', '', () => {
        swarm = 'inactive';
        services.clear();
        tasks = [];
        for (const [name, spec] of networks) if (spec.driver === 'overlay') networks.delete(name);
      }),

    networkEnsure: (spec) =>
      asked('networkEnsure', spec.name, () => {
        const there = networks.get(spec.name);
        if (there) return { id: there.id };
        if (spec.driver === 'overlay' && swarm !== 'active')
          return engineError(503, 'This node is not a swarm manager');
        const id = next('network');
        networks.set(spec.name, { ...spec, id });
        return { id };
      }),
    networkRemove: (name) =>
      asked('networkRemove', name, () => {
        const used = [...services.values(), ...containers.values()].some(({ network }) => network === name);
        if (used && networks.has(name)) return engineError(400, `network ${name} is in use by task`);
        networks.delete(name);
      }),
    networks: () =>
      asked('networks', '', () =>
        [...networks.values()].map(({ id, name, labels }) => ({ id, name, labels })),
      ),

    serviceCreate: (spec) =>
      asked('serviceCreate', spec.name, () => {
        const there = services.get(spec.name);
        if (there) return { id: there.id };
        if (!networks.has(spec.network)) return missing('network', spec.network);
        const id = next('service');
        services.set(spec.name, { ...spec, id });
        for (let slot = 1; slot <= spec.replicas; slot += 1) startTask(spec, slot);
        return { id };
      }),
    serviceScale: (name, replicas) =>
      asked('serviceScale', name, () => {
        const spec = services.get(name);
        if (!spec) return missing('service', name);
        services.set(name, { ...spec, replicas });
        end((task) => task.service === name && task.slot > replicas);
        for (let slot = 1; slot <= replicas; slot += 1) {
          if (!tasks.some((task) => task.service === name && task.slot === slot && wanted(task)))
            startTask(spec, slot);
        }
      }),
    serviceRestart: (name) =>
      asked('serviceRestart', name, () => {
        const spec = services.get(name);
        if (!spec) return missing('service', name);
        end((task) => task.service === name);
        for (let slot = 1; slot <= spec.replicas; slot += 1) startTask(spec, slot);
      }),
    serviceRemove: (name) =>
      asked('serviceRemove', name, () => {
        services.delete(name);
        tasks = tasks.filter((task) => task.service !== name);
      }),
    services: (labels) =>
      asked('services', '', () =>
        [...services.values()]
          .filter((spec) => has(spec.labels, labels))
          .map(({ id, name, labels: own, image, replicas }) => ({ id, name, labels: own, image, replicas })),
      ),
    tasks: (labels) => asked('tasks', '', () => tasks.filter((task) => has(task.labels, labels))),

    containerEnsure: (spec) =>
      asked('containerEnsure', spec.name, () => {
        const image = images.get(spec.image);
        if (!image) return imageMissing(spec.image);
        const specHash = hashSpec(spec, image.id);
        const there = containerFacts.get(spec.name);
        if (there?.specHash === specHash && there.state === 'running')
          return { id: there.id, changed: false };
        const id = there?.specHash === specHash ? there.id : next('container');
        const { name, labels } = spec;
        containers.set(name, spec);
        containerFacts.set(name, {
          id,
          name,
          labels,
          image: spec.image,
          state: 'running',
          exitCode: undefined,
          specHash,
        });
        return { id, changed: true };
      }),
    containers: (labels) =>
      asked('containers', '', () =>
        [...containerFacts.values()].filter((facts) => has(facts.labels, labels)),
      ),
    containerStop: (name) =>
      asked('containerStop', name, () => {
        const facts = containerFacts.get(name);
        if (facts) containerFacts.set(name, { ...facts, state: 'exited', exitCode: 0 });
      }),
    containerRemove: (name) =>
      asked('containerRemove', name, () => {
        containers.delete(name);
        containerFacts.delete(name);
      }),
    containerSignal: (name) =>
      asked('containerSignal', name, () => (containers.has(name) ? undefined : missing('container', name))),
    exec: (container, argv, stdin) =>
      asked('exec', container, () =>
        known(container) ? execAnswer(container, argv, reveal(stdin)) : missing('container', container),
      ),
    execStream: (container, argv, options) =>
      memoryExecStream(options, (stdin) =>
        asked('execStream', container, () =>
          known(container) ? execAnswer(container, argv, stdin) : missing('container', container),
        ),
      ),

    execTerminal: async (container, argv) =>
      known(container) ? memoryTerminal(execAnswer(container, argv, '')) : missing('container', container),
    async *logs(of, { follow, tail, signal }) {
      const key = 'container' in of ? of.container : of.service;
      let seen = Math.max(0, tail === undefined ? 0 : (logs.get(key)?.length ?? 0) - tail);
      for (;;) {
        const lines = logs.get(key) ?? [];
        while (seen < lines.length) yield lines[seen++]!;
        if (!follow || signal?.aborted) return;
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },

    imageLoad: (tarFile) =>
      asked('imageLoad', tarFile, () => {
        const id = `sha256:${tarFile}`;
        images.set(tarFile, { id, digests: [], layers: [], bytes: 1 });
        images.set(id, { id, digests: [], layers: [], bytes: 1 });
        return [id];
      }),
    imagePull: (reference) =>
      asked('imagePull', reference, () => (images.has(reference) ? undefined : imageMissing(reference))),
    imageFacts: (reference) =>
      asked('imageFacts', reference, () => {
        const { bytes: _, ...image } = images.get(reference) ?? { bytes: 0 };
        return 'id' in image ? image : imageMissing(reference);
      }),
    imageRemove: (reference) =>
      asked('imageRemove', reference, () => {
        images.delete(reference);
      }),
    images: () =>
      asked('images', '', () =>
        [...images.values()].map(({ id, digests, bytes }) => ({ id, digests, bytes })),
      ),

    async *events(signal) {
      while (!signal.aborted) {
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        if (!signal.aborted) yield { type: 'container', action: 'change', labels: {} };
      }
    },
  };
  return guardMounts(engine, projects);
}
