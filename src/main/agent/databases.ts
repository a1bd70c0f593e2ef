import type { DatabaseEngine } from '../../adapters/databases/port.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { mariadb } from '../../adapters/mariadb/mariadb.ts';
import { postgres } from '../../adapters/postgres/postgres.ts';
import { redis } from '../../adapters/redis/redis.ts';
import type { AppsDeps } from '../../capabilities/apps/deps.ts';
import type { DatabasesDeps } from '../../capabilities/databases/deps.ts';
import { databaseFiles } from '../../capabilities/databases/files.ts';
import type { Stacks } from '../../capabilities/stacks/perform.ts';
import type { VolumesDeps } from '../../capabilities/volumes/deps.ts';
import { storageReady } from '../../capabilities/volumes/observe.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { INTERNAL_ADDRESS } from '../paths.ts';
import { platformPki } from './deps.ts';

/** Every engine that projects may have a database of. */
export const databaseEngines: ReadonlyMap<DatabaseEngine['name'], DatabaseEngine> = new Map(
  [postgres, mariadb, redis].map((engine) => [engine.name, engine]),
);

/** Databases of projects on this node. */
export function databasesDeps(parts: {
  readonly apps: AppsDeps;
  readonly stacks: Stacks;
  readonly storage: VolumesDeps;
}): DatabasesDeps {
  const { apps, stacks, storage } = parts;
  /** What has been published since the agent started: a stack's version never changes. */
  const published = new Map<string, string>();
  return {
    db: apps.db,
    engine: apps.engine,
    engines: databaseEngines,
    pki: platformPki,
    seal,
    open: apps.open,
    async image(name, onLine) {
      const stack = await stacks.ensure(name, onLine);
      if (isRefusal(stack)) return stack;
      const known = published.get(`${name}:${stack.version}`);
      if (known) return known;
      const pushed = await apps.publishStack(stack);
      if (isRefusal(pushed)) return pushed;
      const image = `${apps.registryHost}/${pushed.repository}@${pushed.digest}`;
      published.set(`${name}:${stack.version}`, image);
      return image;
    },
    registryAuth: apps.registryAuth,
    conduct: apps.conduct,
    files: databaseFiles,
    storageReady: (projectId) => storageReady(storage, projectId),
    addresses: [INTERNAL_ADDRESS],
  };
}
