import { z } from 'zod';

/** What is limited. `memory`, `storage` and `uploads` are bytes, the others numbers. */
export const QuotaName = z.enum([
  'projects',
  'apps',
  'processes',
  'memory',
  'databases',
  'storage',
  'uploads',
]);
export type QuotaName = z.infer<typeof QuotaName>;

const BYTES: ReadonlySet<QuotaName> = new Set(['memory', 'storage', 'uploads']);
export const inBytes = (name: QuotaName): boolean => BYTES.has(name);

const MEANING: Readonly<Record<QuotaName, string>> = {
  projects: 'projects',
  apps: 'apps',
  processes: 'replicas of all processes of all apps, as scaled',
  memory: 'memory that processes and databases may take',
  databases: 'databases',
  storage: 'sizes of the projects’ storage',
  uploads: 'sources that were uploaded and wait for their build',
};
/** What a quota counts, in words. */
export const meaningOf = (name: QuotaName): string => MEANING[name];

export const Quota = z.object({
  name: QuotaName,
  use: z.int().meta({ description: 'What the organization has; bytes of memory, storage and uploads' }),
  most: z.int().meta({ description: 'What it may have' }),
  set: z.boolean().meta({ description: 'An operator has set it; else it is the default' }),
});
export type Quota = z.infer<typeof Quota>;

/** The most that may be said: 16 PiB. */
const MOST = 2 ** 54 - 1;
export const Limits = z
  .partialRecord(
    QuotaName,
    z.int().min(0).max(MOST).nullable().meta({ description: 'null: the default again' }),
  )
  .refine((limits) => Object.keys(limits).length > 0, 'name at least one quota');

const UNITS: Readonly<Record<string, number>> = { '': 1, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** PURE. A value as people write it: `20`, `50GiB`, `default`. undefined: it is none. */
export function parseLimit(name: QuotaName, text: string): number | null | undefined {
  if (text === 'default') return null;
  const [, digits, unit] = /^([0-9]{1,12})(MiB|GiB|TiB)?$/.exec(text) ?? [];
  // Bytes are never meant where the unit was forgotten.
  if (digits === undefined || inBytes(name) !== (unit !== undefined)) return undefined;
  const value = Number(digits) * UNITS[unit ?? '']!;
  return value <= MOST ? value : undefined;
}

/** PURE. A value as people read it. */
export function shownLimit(name: QuotaName, value: number): string {
  if (!inBytes(name)) return String(value);
  const gib = value / 1024 ** 3;
  return `${Number.isInteger(gib) ? gib : gib.toFixed(1)} GiB`;
}
