import type { Refusal } from '../../kernel/refusal.ts';
import { isLinked } from '../below/directory.ts';
import { mountRefused } from './errors.ts';
import type { Engine, Mount } from './port.ts';
import { foreignMount, PROJECTS } from './render.ts';

/** The engine follows links in what it mounts: what is text of ours may be anything by then. */
async function linkedMount(mounts: readonly Mount[], projects: string): Promise<Refusal | undefined> {
  for (const { source } of mounts)
    if (source.startsWith(`${projects}/`) && (await isLinked(projects, source.slice(projects.length))))
      return mountRefused(source);
  return undefined;
}

type Mounting = Pick<Engine, 'serviceCreate' | 'containerEnsure'>;

/**
 * The same engine, which mounts for a service what is in the storage of its own project only, and nothing of any project
 * to which a link leads. Looked at right before the engine is told.
 */
export const guardMounts = <T extends Mounting>(engine: T, projects: string = PROJECTS): T => ({
  ...engine,
  async serviceCreate(...[spec, auth]: Parameters<Engine['serviceCreate']>) {
    const foreign = foreignMount(spec, projects);
    if (foreign !== undefined) return mountRefused(foreign);
    return (await linkedMount(spec.mounts ?? [], projects)) ?? engine.serviceCreate(spec, auth);
  },
  async containerEnsure(...[spec]: Parameters<Engine['containerEnsure']>) {
    return (await linkedMount(spec.mounts, projects)) ?? engine.containerEnsure(spec);
  },
});
