import { ended, type OperationView } from '../kernel/operation.ts';

/** Operations that only show something; nobody comes back to them. */
const LOOKS = new Set([
  ...['apps.logs', 'apps.run', 'apps.session', 'apps.reveal'],
  ...['databases.info', 'databases.query', 'databases.session', 'terminals.replay'],
]);

/** PURE. Of operations, newest first: the newest change that is under way, else the newest one. */
export function toWatch<T extends Pick<OperationView, 'kind' | 'status'>>(
  newest: readonly T[],
): T | undefined {
  const changes = newest.filter((operation) => !LOOKS.has(operation.kind));
  return changes.find((operation) => !ended(operation.status)) ?? changes[0];
}
