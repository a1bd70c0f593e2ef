import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Client } from './client.ts';
import { engineError, imageMissing, statusOf } from './errors.ts';
import { ensureFiles } from './files.ts';
import { registryAuth } from './images.ts';
import { byAge, labelFilter, parseService, parseTask, type RawService, type RawTask } from './parse.ts';
import type { Engine } from './port.ts';
import { renderService } from './render.ts';

/** Above this many services it is cheaper to ask for every task than to name each service. */
const FILTER_LIMIT = 100;
const UPDATE_TRIES = 10;
/** Longer than any stop grace that we give, and a while; then it is removed all the same. */
const QUIET_TRIES = 300;
const QUIET_PAUSE = 200;
/** Longer than swarm waits before it forgets ended tasks (250 ms). */
const FORGOTTEN = 600;
const ENDED = new Set(['complete', 'failed', 'rejected', 'shutdown', 'orphaned', 'remove']);

type Services = Pick<
  Engine,
  'serviceCreate' | 'serviceScale' | 'serviceRestart' | 'serviceRemove' | 'services' | 'tasks'
>;

/** A stale version is answered with HTTP 500 and this text (Engine 20.10), not with 409. */
const outOfSequence = (refusal: Refusal): boolean => refusal.message.includes('update out of sequence');

export function makeServices(client: Client): Services {
  const read = (name: string) =>
    client.call<RawService>({ method: 'GET', path: `/services/${encodeURIComponent(name)}` });

  const list = async (labels: Readonly<Record<string, string>>) =>
    client.call<RawService[]>({ method: 'GET', path: '/services', query: { filters: labelFilter(labels) } });

  async function change(name: string, edit: (spec: RawService['Spec']) => void): Promise<Outcome<void>> {
    for (let tries = 1; ; tries += 1) {
      const current = await read(name);
      if (isRefusal(current)) return current;
      edit(current.Spec);
      const answer = await client.call<unknown>({
        method: 'POST',
        path: `/services/${current.ID}/update`,
        // The login the service was made with stays with it.
        query: { version: current.Version.Index, registryAuthFrom: 'spec' },
        body: current.Spec,
      });
      if (!isRefusal(answer)) return;
      if (!outOfSequence(answer) || tries === UPDATE_TRIES) return answer;
      await sleep(100 * tries);
    }
  }

  const tasksOf = (id: string) =>
    client.call<RawTask[]>({
      method: 'GET',
      path: '/tasks',
      query: { filters: JSON.stringify({ service: [id] }) },
    });

  /**
   * Ends a service's tasks and lets swarm forget what it forgets. Engine 20.10 crashes as a whole when a service is
   * removed in the moment in which an ended task of it is forgotten (swarmkit, SetServiceTasksRemove).
   */
  async function quieten(service: RawService): Promise<void> {
    const once = service.Spec.TaskTemplate.RestartPolicy?.Condition === 'none';
    for (let tries = 1; tries <= QUIET_TRIES; tries += 1) {
      const tasks = await tasksOf(service.ID);
      if (isRefusal(tasks)) return;
      const quiet = tasks.every(({ Status }) => ENDED.has(Status.State));
      if (quiet && once && tasks.length > 0) return;
      if (tries === 1) {
        const scaled = await change(service.ID, (spec) => {
          spec.Mode = { Replicated: { Replicas: 0 } };
        });
        if (isRefusal(scaled)) return;
      } else if (quiet) return sleep(FORGOTTEN);
      await sleep(QUIET_PAUSE);
    }
  }

  return {
    async serviceCreate(spec, auth) {
      const files = await ensureFiles(client, spec.files ?? []);
      if (isRefusal(files)) return files;
      const answer = await client.call<{ ID: string }>({
        method: 'POST',
        path: '/services/create',
        body: renderService(spec, files),
        ...(auth ? { headers: registryAuth(auth) } : {}),
      });
      if (!isRefusal(answer)) return { id: answer.ID };
      if (statusOf(answer) !== 409) {
        return /No such image/i.test(answer.message) ? imageMissing(spec.image) : answer;
      }
      const there = await read(spec.name);
      return isRefusal(there) ? there : { id: there.ID };
    },

    serviceScale: (name, replicas) =>
      change(name, (spec) => {
        spec.Mode = { Replicated: { Replicas: replicas } };
      }),

    serviceRestart: (name) =>
      change(name, (spec) => {
        spec.TaskTemplate.ForceUpdate = (spec.TaskTemplate.ForceUpdate ?? 0) + 1;
      }),

    async serviceRemove(name) {
      const there = await read(name);
      if (isRefusal(there)) return statusOf(there) === 404 ? undefined : there;
      await quieten(there);
      const answer = await client.call<unknown>({ method: 'DELETE', path: `/services/${there.ID}` });
      return isRefusal(answer) && statusOf(answer) !== 404 ? answer : undefined;
    },

    async services(labels) {
      const raw = await list(labels);
      return isRefusal(raw) ? raw : raw.map(parseService);
    },

    async tasks(labels) {
      const raw = await list(labels);
      if (isRefusal(raw)) return raw;
      if (raw.length === 0) return [];
      const services = new Map(raw.map((service) => [service.ID, parseService(service)]));
      const filters =
        services.size > FILTER_LIMIT ? undefined : JSON.stringify({ service: [...services.keys()] });
      const tasks = await client.call<RawTask[]>({ method: 'GET', path: '/tasks', query: { filters } });
      // A service that was removed between the two questions makes the second one fail: its tasks are gone too.
      if (isRefusal(tasks)) return statusOf(tasks) === 404 ? engineError(404, 'a service went away') : tasks;
      return tasks.toSorted(byAge).flatMap((task) => {
        const service = services.get(task.ServiceID);
        return service ? [parseTask(task, service)] : [];
      });
    },
  };
}
