import type { Session } from '../../adapters/databases/port.ts';
import type { Engine, TaskFacts } from '../../adapters/docker/port.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseGone, databaseNotRunning } from './errors.ts';
import { instanceOf } from './instance.ts';
import { databaseLabel } from './model.ts';
import { type DatabaseRow, findDatabase } from './store.ts';

/** The container of the database's one task; undefined while there is none that runs. */
export const runningContainer = (tasks: readonly TaskFacts[], databaseId: string): string | undefined =>
  tasks.find(
    (task) =>
      task.labels[databaseLabel.database] === databaseId &&
      task.state === 'running' &&
      task.wantedState === 'running',
  )?.containerId;

/** The same, asked of the engine. */
export async function containerOf(
  engine: Pick<Engine, 'tasks'>,
  databaseId: string,
): Promise<Outcome<string | undefined>> {
  const tasks = await engine.tasks({ [databaseLabel.database]: databaseId });
  return isRefusal(tasks) ? tasks : runningContainer(tasks, databaseId);
}

export const sessionIn = (
  engine: Pick<Engine, 'exec' | 'execStream'>,
  row: DatabaseRow,
  container: string,
): Session => ({
  instance: instanceOf(row),
  run: (argv, stdin) => engine.exec(container, argv, stdin),
  stream: (argv, options) => engine.execStream(container, argv, options),
});

/** A way into the running server of a database. Refusals: `database_not_found`, `database_not_running`. */
export async function openSession(
  deps: Pick<DatabasesDeps, 'db' | 'engine'>,
  databaseId: string,
): Promise<Outcome<Session>> {
  const row = await findDatabase(deps.db, databaseId);
  if (!row) return databaseGone();
  const container = await containerOf(deps.engine, databaseId);
  if (isRefusal(container)) return container;
  return container ? sessionIn(deps.engine, row, container) : databaseNotRunning(row.name);
}
