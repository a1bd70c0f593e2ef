import type { DatabaseEngine, Instance } from '../../adapters/databases/port.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseHost, databasePath, dataDirectory, PLANS, type PlanName, walDirectory } from './model.ts';
import type { DatabaseRow } from './store.ts';

/** A row as its engine sees it. */
export const instanceOf = (row: DatabaseRow): Instance => ({
  id: row.id,
  name: row.name,
  version: row.version,
  limits: PLANS[row.plan as PlanName] ?? PLANS.small,
  host: databaseHost(row.name),
});

export const engineOf = (deps: Pick<DatabasesDeps, 'engines'>, row: DatabaseRow): DatabaseEngine => {
  const engine = deps.engines.get(row.engine);
  if (!engine) throw new Error(`there is no engine ${row.engine}`);
  return engine;
};

export interface Place {
  /** Below the project's storage. */
  readonly path: string;
  readonly target: string;
  readonly readOnly: boolean;
}

const suffixed = (name: 'data' | 'config' | 'wal', incarnation: number): string =>
  name === 'data' ? dataDirectory(incarnation) : name === 'wal' ? walDirectory(incarnation) : name;

/** Where the files of a database are, and where its container sees them. */
export const placesOf = (engine: DatabaseEngine, instance: Instance, incarnation: number): Place[] =>
  engine.shape(instance).directories.map(({ name, target, readOnly }) => ({
    path: `${databasePath(instance.id)}/${suffixed(name, incarnation)}`,
    target,
    readOnly,
  }));
