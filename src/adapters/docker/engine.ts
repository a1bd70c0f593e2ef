import { isRefusal } from '../../kernel/refusal.ts';
import { makeClient } from './client.ts';
import { makeContainers } from './containers.ts';
import { makeExec } from './exec.ts';
import { makeImages } from './images.ts';
import { makeLogs } from './logs.ts';
import { guardMounts } from './mounts.ts';
import { makeNetworks } from './networks.ts';
import { parseInfo, type RawInfo } from './parse.ts';
import type { Engine } from './port.ts';
import { renderSwarm } from './render.ts';
import { makeServices } from './services.ts';

/** The engine behind a unix socket, for example paths.engineSocket. Opens nothing until it is asked something. */
export function makeEngine(socketPath: string, projects?: string): Engine {
  const client = makeClient(socketPath);
  const engine: Engine = {
    async facts() {
      const raw = await client.call<RawInfo>({ method: 'GET', path: '/info', silenceMs: 20_000 });
      return isRefusal(raw) ? raw : parseInfo(raw);
    },
    async swarmInit(options) {
      const answer = await client.call<string>({
        method: 'POST',
        path: '/swarm/init',
        body: renderSwarm(options),
      });
      if (isRefusal(answer) && !/already part of a swarm/.test(answer.message)) return answer;
    },
    async swarmLeave() {
      const answer = await client.call<unknown>({
        method: 'POST',
        path: '/swarm/leave',
        query: { force: true },
      });
      if (isRefusal(answer) && !/not part of a swarm/.test(answer.message)) return answer;
    },
    ...makeNetworks(client),
    ...makeServices(client),
    ...makeContainers(client),
    ...makeExec(client),
    ...makeImages(client),
    ...makeLogs(client),
  };
  return guardMounts(engine, projects);
}
