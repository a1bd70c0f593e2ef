import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { bringUpApi } from './api.ts';
import { addressOf, bringUpDatabase } from './database.ts';
import type { SystemDeps, SystemFacts, SystemStack } from './deps.ts';
import { ensureDirectories } from './directories.ts';
import { databaseFailed } from './errors.ts';
import { ensureBundleImage, ensureStackImage } from './image.ts';
import { bringUpRegistry } from './registry.ts';
import { edgeSpec } from './specs.ts';

/**
 * Brings up the `system` project on an engine that runs: database, registry, API, edge, in this order. Everything is
 * compared with what is there, so that a second run changes nothing and a changed part alone is replaced.
 * Refusals: of the first stage that fails; the stages before it stay up.
 */
export async function bringUpSystem(deps: SystemDeps): Promise<Outcome<SystemFacts>> {
  const { engine, report } = deps;

  async function stage<T>(name: string, work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    report({ kind: 'started', name });
    const outcome = await work();
    report(isRefusal(outcome) ? { kind: 'failed', name, refusal: outcome } : { kind: 'finished', name });
    return outcome;
  }
  const stackOf = (name: SystemStack) => deps.stack(name, deps.log);
  /** Runs a part from its stack. */
  async function part(
    name: string,
    stack: SystemStack,
    work: (image: string) => Promise<Outcome<void>>,
  ): Promise<Outcome<void>> {
    return stage(name, async () => {
      const built = await stackOf(stack);
      if (isRefusal(built)) return built;
      const image = await ensureStackImage(engine, stack, built);
      return isRefusal(image) ? image : work(image);
    });
  }

  await ensureDirectories();
  const database = await part('database', 'postgres', (image) => bringUpDatabase(engine, image));
  if (isRefusal(database)) return database;
  const migrated = await stage('migrations', () => migrateWith(deps));
  if (isRefusal(migrated)) return migrated;
  const registry = await part('registry', 'registry', (image) =>
    bringUpRegistry(engine, deps.registryPki, image),
  );
  if (isRefusal(registry)) return registry;
  const api = await stage('api', async () => {
    const node = await stackOf('node');
    if (isRefusal(node)) return node;
    const image = await ensureBundleImage(engine, 'api', node, deps.apiBundle);
    return isRefusal(image) ? image : bringUpApi(engine, image, deps.apiEnv);
  });
  if (isRefusal(api)) return api;
  const edge = await part('edge', 'edge', async (image) => {
    const prepared = await deps.prepareEdge();
    if (isRefusal(prepared)) return prepared;
    const { config, ...haproxy } = prepared;
    const started = await engine.containerEnsure(edgeSpec({ image, config }, haproxy));
    return isRefusal(started) ? started : deps.edgeReady();
  });
  if (isRefusal(edge)) return edge;
  return { database: await addressOf('bastide_agent') };
}

async function migrateWith(deps: SystemDeps): Promise<Outcome<void>> {
  try {
    const ran = await deps.migrate(await addressOf('bastide_owner'));
    for (const name of ran) deps.log(`migration ${name}`);
    return undefined;
  } catch (error) {
    return databaseFailed('the migration', (error as Error).message);
  }
}
