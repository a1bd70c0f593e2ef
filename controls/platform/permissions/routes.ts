import { z } from 'zod';
import type { Canary } from '../../contract/tools.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const Operation = z.object({
  'x-permission': z.object({ action: z.string(), resource: z.string() }).optional(),
});
/** The platform's own description of its API, as far as it says who may do what. */
export const Description = z.object({
  paths: z.record(z.string(), z.partialRecord(z.enum(METHODS), Operation)),
});

export interface Target {
  readonly method: string;
  readonly path: string;
  /** What it is about: `platform`, or something of a tenant. */
  readonly resource: string;
  /** Everybody may ask, and is told of what is his own. */
  readonly lists: boolean;
}

/** Nobody's. */
const NONE = '019a0000-0000-7000-8000-000000000000';
const SELF = 'self';

/** PURE. Every route that asks for a right, with the canary's own names in its path; what is about oneself is left out. */
export function targets(description: z.infer<typeof Description>, canary: Canary): Target[] {
  const { organization, project, app, database, volume } = canary;
  const names: Record<string, string> = { organization, project, app, database, volume };
  const found: Target[] = [];
  for (const [template, operations] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(operations)) {
      const permission = operation?.['x-permission'];
      if (permission === undefined || permission.resource === SELF) continue;
      const named = [...template.matchAll(/\{([a-z]+)\}/gi)].some(([, name]) => name! in names);
      const lists = method === 'get' && !named && !template.startsWith('/v1/platform/');
      const path = template.replaceAll(/\{([a-z]+)\}/gi, (_all, name: string) => names[name] ?? NONE);
      found.push({ method: method.toUpperCase(), path, resource: permission.resource, lists });
    }
  return found;
}
