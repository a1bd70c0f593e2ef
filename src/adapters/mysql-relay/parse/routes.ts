import { z } from 'zod';
import type { RelayRoute } from '../port.ts';

const Routes = z.record(
  z.string(),
  z.strictObject({
    source: z.union([z.ipv4(), z.ipv6()]),
    until: z.iso.datetime(),
    host: z.union([z.ipv4(), z.ipv6()]),
    port: z.int().min(1).max(65_535),
  }),
);
export type Routes = ReadonlyMap<string, RelayRoute>;

/** The relay's routes from their file. Throws where it is malformed: the program keeps what it has. */
export const parseRoutes = (text: string): Routes => new Map(Object.entries(Routes.parse(JSON.parse(text))));
