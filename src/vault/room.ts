import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Room } from './decide.ts';
import { readJson, writeJson } from './files.ts';
import { FILES, type VaultSettings } from './settings.ts';

const Usage = z.strictObject({ day: z.string(), bytes: z.record(z.string(), z.int()) });
const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

export interface Rooms {
  of(user: string): Promise<Room & { readonly totalBytes: number }>;
  /** Counts what a platform added today; kept over a restart. */
  count(user: string, bytes: number): Promise<void>;
}

/** How much a platform may still add. */
export async function makeRooms(settings: VaultSettings, now: () => number): Promise<Rooms> {
  const file = join(settings.state, FILES.usage);
  let usage = (await readJson(file, Usage)) ?? { day: dayOf(now()), bytes: {} };
  let saving = Promise.resolve();
  const today = (): Record<string, number> => {
    if (usage.day !== dayOf(now())) usage = { day: dayOf(now()), bytes: {} };
    return usage.bytes;
  };
  return {
    async of(user) {
      const { bavail, blocks, bsize } = await statfs(settings.data);
      const totalBytes = blocks * bsize;
      return {
        totalBytes,
        freeBytes: bavail * bsize,
        reserveBytes: settings.reserveBytes ?? Math.floor(totalBytes / 20),
        todayBytes: today()[user] ?? 0,
        dailyBytes: settings.dailyBytes,
      };
    },
    count(user, bytes) {
      today()[user] = (today()[user] ?? 0) + bytes;
      saving = saving.then(() => writeJson(file, usage)).catch(() => {});
      return saving;
    },
  };
}
