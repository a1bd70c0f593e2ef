import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { ContainerSpec, Engine, ServiceSpec, TaskFacts } from './port.ts';

export interface ConformanceWorld {
  readonly engine: Engine;
  /** An image that is there and whose entrypoint is node. */
  readonly image: string;
  /** A docker-archive with one image. */
  readonly archive: string;
  /** Where it takes the projects' storage to be; writable. */
  readonly projects: string;
}

const limits = { memoryBytes: 256 * 1024 * 1024, cpus: 1, pids: 64 };
const SERVE = ['-e', "require('http').createServer((q, r) => r.end('up')).listen(8080)"];

/** What every engine promises: the fake and the real one pass the same. */
export function engineConformance(name: string, world: () => ConformanceWorld): void {
  const { pool, ...at } = { pool: '10.128.0.0/10', advertise: '10.200.0.1', listen: '10.200.0.1' };
  const labels = { 'bastide.app': 'conformance' };
  const service = (change: Partial<ServiceSpec> = {}): ServiceSpec => ({
    name: 'conformance-web',
    labels,
    image: world().image,
    command: SERVE,
    env: {},
    user: '1000:1000',
    replicas: 2,
    network: 'conformance',
    port: 8080,
    limits,
    tmpfs: [],
    stopGraceSeconds: 1,
    restart: 'any',
    ...change,
  });
  const container = (change: Partial<ContainerSpec> = {}): ContainerSpec => ({
    name: 'conformance-part',
    labels: { 'bastide.part': 'conformance' },
    image: world().image,
    command: SERVE,
    env: {},
    user: '1000:1000',
    network: 'none',
    mounts: [],
    tmpfs: [],
    ports: [],
    limits,
    stopGraceSeconds: 1,
    ...change,
  });
  const running = (tasks: readonly TaskFacts[]) =>
    tasks.filter(({ state, wantedState }) => state === 'running' && wantedState === 'running');
  async function settle(count: number): Promise<readonly TaskFacts[]> {
    for (let tries = 0; tries < 300; tries += 1) {
      const tasks = running(must(await world().engine.tasks(labels)));
      if (tasks.length === count) return tasks;
      await sleep(200);
    }
    throw new Error(`not ${count} running: ${JSON.stringify(await world().engine.tasks(labels))}`);
  }

  describe(`an engine (${name})`, () => {
    it('makes a cluster once, and again without complaint', async () => {
      for (const _ of [1, 2]) must(await world().engine.swarmInit({ ...at, pool, poolMask: 24 }));
      expect(must(await world().engine.facts()).swarm).toBe('active');
    });

    it('makes a network once and finds it again', async () => {
      const spec = {
        name: 'conformance',
        labels: { kind: 'test' },
        driver: 'overlay',
        internal: false,
      } as const;
      const first = must(await world().engine.networkEnsure(spec));
      expect(must(await world().engine.networkEnsure(spec))).toEqual(first);
      const found = must(await world().engine.networks()).find((network) => network.name === 'conformance');
      expect(found).toEqual({ id: first.id, name: 'conformance', labels: { kind: 'test' } });
    });

    it('runs a service once per replica, each on a port of its own', async () => {
      const first = must(await world().engine.serviceCreate(service()));
      expect(must(await world().engine.serviceCreate(service()))).toEqual(first);
      const tasks = await settle(2);
      expect(new Set(tasks.map(({ publishedPort }) => publishedPort)).size).toBe(2);
      expect(tasks.map(({ slot }) => slot).sort()).toEqual([1, 2]);
      expect(tasks[0]).toMatchObject({ service: 'conformance-web', labels, exitCode: undefined });
    });

    it('finds services by all of their labels only', async () => {
      expect(must(await world().engine.services(labels))).toMatchObject([
        { name: 'conformance-web', replicas: 2 },
      ]);
      expect(must(await world().engine.services({ ...labels, other: 'x' }))).toEqual([]);
      expect(must(await world().engine.tasks({ other: 'x' }))).toEqual([]);
    });

    it('scales down and up', async () => {
      must(await world().engine.serviceScale('conformance-web', 1));
      const before = await settle(1);
      must(await world().engine.serviceRestart('conformance-web'));
      for (let tries = 0; (await settle(1))[0]?.id === before[0]?.id; tries += 1) {
        expect(tries).toBeLessThan(100);
        await sleep(200);
      }
    });

    it('refuses to scale what is not there', async () => {
      expect(await world().engine.serviceScale('nothing', 1)).toMatchObject({ code: 'engine_error' });
    });

    it('removes a service, and what is gone, without complaint', async () => {
      for (const _ of [1, 2]) must(await world().engine.serviceRemove('conformance-web'));
      expect(must(await world().engine.tasks(labels))).toEqual([]);
    });

    it('starts a container, leaves it alone, and replaces it when its spec changed', async () => {
      const first = must(await world().engine.containerEnsure(container()));
      expect(first.changed).toBe(true);
      expect(must(await world().engine.containerEnsure(container()))).toEqual({
        id: first.id,
        changed: false,
      });
      const other = must(await world().engine.containerEnsure(container({ env: { CHANGED: '1' } })));
      expect(other.changed).toBe(true);
      expect(other.id).not.toBe(first.id);
    });

    it('tells what happens to containers, until nobody listens any more', async () => {
      const stop = new AbortController();
      let heard = 0;
      const listening = (async () => {
        for await (const event of world().engine.events(stop.signal))
          if (event.type === 'container') heard += 1;
      })();
      for (let tries = 0; heard === 0; tries += 1) {
        expect(tries).toBeLessThan(50);
        must(await world().engine.containerStop('conformance-part'));
        must(await world().engine.containerEnsure(container({ env: { CHANGED: '1' } })));
      }
      stop.abort();
      await listening.catch(() => undefined);
    });

    it('starts a stopped container again', async () => {
      must(await world().engine.containerStop('conformance-part'));
      const stopped = must(await world().engine.containers({ 'bastide.part': 'conformance' }));
      expect(stopped).toMatchObject([{ name: 'conformance-part', state: 'exited' }]);
      expect(must(await world().engine.containerEnsure(container({ env: { CHANGED: '1' } }))).changed).toBe(
        true,
      );
    });

    it('refuses a container without its image', async () => {
      const refused = await world().engine.containerEnsure(container({ name: 'none', image: 'nothing:1' }));
      expect(isRefusal(refused) && refused.code).toBe('image_missing');
    });

    it('answers for a program in a container, and refuses one in none', async () => {
      const ran = must(await world().engine.exec('conformance-part', ['/bin/node', '-e', '0']));
      expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(isRefusal(await world().engine.exec('nothing', ['/bin/node']))).toBe(true);
    });

    it('answers for a program whose output is a stream, and refuses one in none', async () => {
      const stdout = new PassThrough();
      const ran = must(
        await world().engine.execStream('conformance-part', ['/bin/node', '-e', '0'], { stdout }),
      );
      expect(ran).toEqual({ code: 0, stderr: '' });
      expect(stdout.read()).toBe(null);
      const refused = await world().engine.execStream('nothing', ['/bin/node'], { stdout });
      expect(isRefusal(refused)).toBe(true);
    });

    it('never takes a stream that was cut off for one that ended', async () => {
      const argv = ['/bin/node', '-e', 'process.stdin.resume()'];
      const stdin = new Readable({
        read() {
          this.destroy(new Error('the disk went away'));
        },
      });
      const broken = await world().engine.execStream('conformance-part', argv, {
        stdin,
        stdout: new PassThrough(),
      });
      expect(isRefusal(broken) && broken.code).toBe('engine_stream_broken');
      const stopped = await world().engine.execStream('conformance-part', argv, {
        stdin: new PassThrough(),
        stdout: new PassThrough(),
        signal: AbortSignal.abort(),
      });
      expect(isRefusal(stopped) && stopped.code).toBe('engine_stream_broken');
    });

    it('gives a service no directory but those of its own project', async () => {
      const { projects } = world();
      const own = '0198f000-0000-7000-8000-000000000001';
      const asking = (source: string, project: string | undefined) =>
        world().engine.serviceCreate(
          service({
            name: 'conformance-mount',
            labels: project ? { 'bastide.project': project } : {},
            replicas: 0,
            mounts: [{ source, target: '/data', readOnly: false }],
          }),
        );
      for (const [source, project] of [
        ['/etc', own],
        [`${projects}/0198f000-0000-7000-8000-000000000002/data`, own],
        [`${projects}/${own}/../x`, own],
        [`${projects}/${own}x/data`, own],
        [`${projects}/${own}/data`, undefined],
        [`${projects}/`, undefined],
      ] as const) {
        const refused = await asking(source, project);
        expect(isRefusal(refused) && refused.code, source).toBe('engine_mount_refused');
      }
      must(await asking(`${projects}/${own}/data`, own));
      must(await world().engine.serviceRemove('conformance-mount'));
    });

    it('mounts nothing to which a link leads, wherever on the way it is', async () => {
      const { projects } = world();
      const [own, other] = ['0198f000-0000-7000-8000-000000000003', '0198f000-0000-7000-8000-000000000004'];
      const at = (...parts: string[]) => join(projects, own, 'data/volumes', ...parts);
      await mkdir(at('sound/deep'), { recursive: true });
      await mkdir(join(projects, other, 'data/volumes/theirs'), { recursive: true });
      await symlink(join(projects, other, 'data/volumes/theirs'), at('linked'));
      await symlink(join(projects, other), at('above'));
      await symlink('/nowhere', at('dangling'));
      for (const source of [at('linked'), at('above/data/volumes/theirs'), at('dangling')]) {
        const mounts = [{ source, target: '/data', readOnly: false }];
        const labelled = {
          name: 'conformance-link',
          labels: { 'bastide.project': own },
          replicas: 0,
          mounts,
        };
        const refused = await world().engine.serviceCreate(service(labelled));
        expect(isRefusal(refused) && refused.code, source).toBe('engine_mount_refused');
        const alone = await world().engine.containerEnsure(container({ name: 'conformance-link', mounts }));
        expect(isRefusal(alone) && alone.code, source).toBe('engine_mount_refused');
      }
    });

    it('removes a container, and what is gone, without complaint', async () => {
      for (const _ of [1, 2]) must(await world().engine.containerRemove('conformance-part'));
      expect(must(await world().engine.containers({ 'bastide.part': 'conformance' }))).toEqual([]);
    });

    it('loads an archive and says which images it had', async () => {
      const ids = must(await world().engine.imageLoad(world().archive));
      expect(ids).toHaveLength(1);
      expect(must(await world().engine.imageFacts(ids[0]!)).id).toBe(ids[0]);
    });

    it('removes the network once nobody is on it', async () => {
      for (const _ of [1, 2]) must(await world().engine.networkRemove('conformance'));
      expect(must(await world().engine.networks()).some((network) => network.name === 'conformance')).toBe(
        false,
      );
    });

    it('leaves the cluster, and again without complaint', async () => {
      for (const _ of [1, 2]) must(await world().engine.swarmLeave());
      expect(must(await world().engine.facts()).swarm).toBe('inactive');
    });
  });
}
