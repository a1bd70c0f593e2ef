import type { ZodObject } from 'zod';
import { actions } from '../capabilities/access/model.ts';
import type { Row } from './route.ts';

/** Scopes that are looked up by a path parameter of the same name. */
const NAMED = new Set(['organization', 'project', 'app', 'operation']);

const parameters = (path: string): string[] => [...path.matchAll(/:([a-zA-Z]+)/g)].map((match) => match[1]!);

function faultsOf(row: Row, publicIds: ReadonlySet<string>): string[] {
  const at = `${row.method} ${row.path}`;
  if (row.permission === undefined) return [`${at} has no permission`];
  if (row.form !== 'events' && row.form !== 'stream' && row.response === undefined)
    return [`${at} has no response schema`];
  if (row.form === 'public')
    return [
      ...(publicIds.has(row.operationId) ? [] : [`${at} is public and not on the list of public routes`]),
      ...(row.body && !row.guesses ? [`${at} is public and does not say what could be guessed`] : []),
    ];
  const { action, resource } = row.permission;
  const faults: string[] = [];
  if (!Object.hasOwn(actions, action)) faults.push(`${at}: no such action: ${action}`);
  if (NAMED.has(resource) && !parameters(row.path).includes(resource))
    faults.push(`${at} is about ${resource} and has no :${resource} in its path`);
  const declared = Object.keys((row.params as ZodObject | undefined)?.shape ?? {});
  const used = parameters(row.path);
  if ([...declared].sort().join() !== [...used].sort().join())
    faults.push(`${at}: params do not match the path`);
  return faults;
}

/** Throws where a row may not be served: no permission, unknown action, two of a kind. The server does not start. */
export function checkRows(rows: readonly Row[], publicIds: ReadonlySet<string>): void {
  const faults = rows.flatMap((row) => faultsOf(row, publicIds));
  for (const key of ['operationId', 'address'] as const) {
    const seen = new Set<string>();
    for (const row of rows) {
      const value = key === 'address' ? `${row.method} ${row.path.replace(/:\w+/g, ':')}` : row.operationId;
      if (seen.has(value)) faults.push(`${value} is there twice`);
      seen.add(value);
    }
  }
  if (faults.length > 0) throw new Error(`routes: ${faults.join('; ')}`);
}
