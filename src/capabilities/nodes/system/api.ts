import { request } from 'node:http';
import { join } from 'node:path';
import type { ContainerSpec, Engine } from '../../../adapters/docker/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { paths } from '../../../main/paths.ts';
import { apiSpec } from './specs.ts';
import { untilHealthy } from './wait.ts';

export const apiSocket = join(paths.apiSocketDir, 'api.sock');

/** The API up and answering on its socket. Refusals: `system_part_unhealthy`, the engine's. */
export async function bringUpApi(
  engine: Engine,
  image: string,
  env: ContainerSpec['env'],
): Promise<Outcome<void>> {
  const started = await engine.containerEnsure(apiSpec({ image, config: '' }, env));
  if (isRefusal(started)) return started;
  return untilHealthy(engine, 'api', askApi);
}

/** GET /up on its socket; undefined when it answers 200. */
export function askApi(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: apiSocket, path: '/up', timeout: 5000, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200 ? undefined : `it answers ${answer.statusCode}`);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in 5 s')));
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}
