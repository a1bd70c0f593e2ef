import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Client } from './client.ts';
import { imageMissing, statusOf } from './errors.ts';
import { labelFilter, parseContainer, type RawContainer } from './parse.ts';
import type { Engine } from './port.ts';
import { hashSpec, renderContainer, SPEC_LABEL } from './render.ts';

interface Inspected {
  Id: string;
  State: { Running: boolean };
  Config: { Labels?: Readonly<Record<string, string>> | null };
}

type Containers = Pick<
  Engine,
  'containerEnsure' | 'containers' | 'containerStop' | 'containerRemove' | 'containerSignal'
>;

export function makeContainers(client: Client): Containers {
  const pathOf = (name: string, verb = ''): string => `/containers/${encodeURIComponent(name)}${verb}`;

  /** POST that is happy when the engine says that it is so already (304) or, where told, that it is gone (404). */
  async function post(name: string, verb: string, query: Record<string, string>, goneIsFine: boolean) {
    const answer = await client.call<unknown>({
      method: 'POST',
      path: pathOf(name, verb),
      query,
      silenceMs: 900_000,
    });
    return isRefusal(answer) && !(goneIsFine && statusOf(answer) === 404) ? answer : undefined;
  }

  const stop = (name: string) => post(name, '/stop', {}, true);
  const start = (name: string) => post(name, '/start', {}, false);

  async function remove(name: string): Promise<Outcome<void>> {
    const stopped = await stop(name);
    if (isRefusal(stopped)) return stopped;
    const answer = await client.call<unknown>({
      method: 'DELETE',
      path: pathOf(name),
      query: { force: true, v: true },
    });
    // 409: somebody else removes it at this moment.
    if (isRefusal(answer) && ![404, 409].includes(statusOf(answer) ?? 0)) return answer;
  }

  return {
    async containerEnsure(spec) {
      const image = await client.call<{ Id: string }>({ method: 'GET', path: `/images/${spec.image}/json` });
      if (isRefusal(image)) return statusOf(image) === 404 ? imageMissing(spec.image) : image;
      const hash = hashSpec(spec, image.Id);

      const there = await client.call<Inspected>({ method: 'GET', path: pathOf(spec.name, '/json') });
      if (isRefusal(there) && statusOf(there) !== 404) return there;
      if (!isRefusal(there)) {
        if (there.Config.Labels?.[SPEC_LABEL] === hash) {
          if (there.State.Running) return { id: there.Id, changed: false };
          const started = await start(spec.name);
          return isRefusal(started) ? started : { id: there.Id, changed: true };
        }
        const removed = await remove(spec.name);
        if (isRefusal(removed)) return removed;
      }
      const made = await client.call<{ Id: string }>({
        method: 'POST',
        path: '/containers/create',
        query: { name: spec.name },
        body: renderContainer(spec, hash),
      });
      if (isRefusal(made)) return made;
      const started = await start(spec.name);
      return isRefusal(started) ? started : { id: made.Id, changed: true };
    },

    async containers(labels) {
      const raw = await client.call<RawContainer[]>({
        method: 'GET',
        path: '/containers/json',
        query: { all: true, filters: labelFilter(labels) },
      });
      return isRefusal(raw) ? raw : raw.map(parseContainer);
    },

    containerStop: stop,
    containerRemove: remove,
    containerSignal: (name, signal) => post(name, '/kill', { signal }, false),
  };
}
