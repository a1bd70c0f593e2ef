import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Client } from './client.ts';
import { engineError, statusOf } from './errors.ts';
import type { Engine } from './port.ts';
import { renderNetwork } from './render.ts';

interface RawNetwork {
  Id: string;
  Name: string;
  Labels?: Readonly<Record<string, string>> | null;
}

const REMOVE_TRIES = 30;

/** The engine lets go of a network some seconds after its last task or container. */
const stillUsed = (refusal: Refusal): boolean =>
  /in use by task|has active endpoints|being removed/.test(refusal.message);

export function makeNetworks(client: Client): Pick<Engine, 'networkEnsure' | 'networkRemove' | 'networks'> {
  // The engine's own name filter returns only part of the swarm networks (20.10): list all and look.
  const list = () => client.call<RawNetwork[]>({ method: 'GET', path: '/networks' });

  return {
    async networkEnsure(spec) {
      const all = await list();
      if (isRefusal(all)) return all;
      const there = all.find(({ Name }) => Name === spec.name);
      if (there) return { id: there.Id };
      const answer = await client.call<{ Id: string }>({
        method: 'POST',
        path: '/networks/create',
        body: renderNetwork(spec),
      });
      if (!isRefusal(answer)) return { id: answer.Id };
      if (statusOf(answer) !== 409 && !/already exists/.test(answer.message)) return answer;
      const again = await list();
      if (isRefusal(again)) return again;
      const winner = again.find(({ Name }) => Name === spec.name);
      return winner ? { id: winner.Id } : answer;
    },

    async networkRemove(name) {
      for (let tries = 1; ; tries += 1) {
        const answer = await client.call<unknown>({
          method: 'DELETE',
          path: `/networks/${encodeURIComponent(name)}`,
        });
        if (isRefusal(answer) && statusOf(answer) !== 404 && !stillUsed(answer)) return answer;
        // Swarm forgets at once, the node in its own time: gone is what no list shows any more.
        const all = await list();
        if (isRefusal(all)) return all;
        if (!all.some(({ Name }) => Name === name)) return;
        if (tries === REMOVE_TRIES)
          return isRefusal(answer) ? answer : engineError(500, `${name} has active endpoints`);
        await sleep(Math.min(500, 50 * tries));
      }
    },

    async networks() {
      const all = await list();
      if (isRefusal(all)) return all;
      return all.map(({ Id, Name, Labels }) => ({ id: Id, name: Name, labels: Labels ?? {} }));
    },
  };
}
