import { join } from 'node:path';
import { z } from 'zod';
import { StoredRepository, type VaultStatus } from '../adapters/vault/port.ts';
import { readJson } from './files.ts';
import type { Journal } from './journal.ts';
import type { Rooms } from './room.ts';
import { FILES, type VaultSettings } from './settings.ts';
import { type Store, sizeOf } from './store.ts';

/** What the keeper leaves for the gate to tell. */
export const Report = z.strictObject({
  at: z.iso.datetime(),
  repositories: z.array(StoredRepository.extend({ user: z.string() })),
  damaged: z.array(z.string()),
  removed: z.array(z.strictObject({ id: z.string(), at: z.iso.datetime() })),
});
export type Report = z.output<typeof Report>;

/** What one platform is told. */
export async function statusFor(
  user: string,
  of: { settings: VaultSettings; rooms: Rooms; journal: Journal; store: Store; now: () => number },
): Promise<VaultStatus> {
  const { settings, rooms, journal } = of;
  const room = await rooms.of(user);
  const report = await readJson(join(settings.keeper, FILES.report), Report);
  const own = (id: string) => id.startsWith(`${user}/`);
  const damaged = (report?.damaged ?? []).filter(own).map((id) => id.slice(user.length + 1));
  const up = await sizeOf(of.store, `/${user}/none/config`).then(
    () => true,
    () => false,
  );
  const state = () => {
    if (!up) return 'store_down';
    if (damaged.length > 0) return 'damaged';
    if (room.freeBytes <= room.reserveBytes) return 'full';
    return room.todayBytes >= room.dailyBytes ? 'limited' : 'ready';
  };
  return {
    vault: settings.id,
    version: 1,
    now: new Date(of.now()).toISOString(),
    state: state(),
    disk: { totalBytes: room.totalBytes, freeBytes: room.freeBytes, reserveBytes: room.reserveBytes },
    today: { bytes: room.todayBytes, limitBytes: room.dailyBytes },
    retentionDays: settings.retentionDays,
    keptAt: report?.at ?? null,
    repositories: (report?.repositories ?? [])
      .filter((one) => one.user === user)
      .map(({ user: _, ...one }) => one),
    damaged,
    removed: (report?.removed ?? [])
      .filter(({ id }) => own(id))
      .map(({ id, at }) => ({ name: id.slice(user.length + 1), at })),
    journal: journal.head(),
  };
}
