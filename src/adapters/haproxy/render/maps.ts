import type { EdgeConfig } from '../port.ts';
import { backendName, type MapName } from './names.ts';

export type Entries = ReadonlyMap<string, string>;

/** The maps, as keys and values. */
export function maps(config: EdgeConfig): Readonly<Record<MapName, Entries>> {
  const { backends } = config;
  const bySlot = (value: (backend: (typeof backends)[number]) => string): Entries =>
    new Map(backends.map((backend) => [backendName(backend.slot), value(backend)]));
  return {
    hosts: new Map(config.routes.map((route) => [route.host, backendName(route.slot)])),
    projects: bySlot((backend) => backend.project),
    limits: new Map(backends.map((backend) => [backend.project, String(backend.limits.projectRequests)])),
    bodies: bySlot((backend) => String(backend.limits.bodyBytes)),
    health: new Map(
      backends.flatMap((backend) =>
        backend.servers.map(
          (server) => [`${backendName(backend.slot)}/${server.name}`, server.healthPath] as const,
        ),
      ),
    ),
    checkhosts: bySlot((backend) => backend.host),
    maintenance: new Map(backends.filter((b) => b.maintenance).map((b) => [backendName(b.slot), 'on'])),
    acme: new Map(config.challenges.map((challenge) => [challenge.token, challenge.keyAuthorization])),
  };
}

/** A map file: `key value`, one a line, sorted so that the same state is the same text. */
export const mapText = (entries: Entries): string =>
  [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key} ${value}\n`)
    .join('');
