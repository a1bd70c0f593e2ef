import type { Engine } from '../../../adapters/docker/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { PROBER } from './prober.ts';
import { containers, REGISTRY_NETWORK } from './specs.ts';

/**
 * Ends the system project, the edge first and the database last. The data stays; images stay too, so that the next
 * start is quick.
 */
export async function tearDownSystem(engine: Engine): Promise<Outcome<void>> {
  const names = Object.values(containers).reverse();
  for (const name of [PROBER, ...names, `${containers.postgres}-init`]) {
    const removed = await engine.containerRemove(name);
    if (isRefusal(removed)) return removed;
  }
  const network = await engine.networkRemove(PROBER);
  return isRefusal(network) ? network : engine.networkRemove(REGISTRY_NETWORK);
}
