import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './files.ts';
import { due, type Ledger, remember, removableAt } from './retention.ts';
import { FILES, type VaultSettings } from './settings.ts';
import { Report } from './status.ts';

const Ledgers = z.record(
  z.string(),
  z.strictObject({
    firstSnapshotAt: z.number().nullable(),
    objects: z.int(),
    addedAt: z.number(),
    succeededSeconds: z.number(),
  }),
);

interface Repo {
  readonly id: string;
  readonly objects: readonly { readonly path: string; readonly bytes: number }[];
  readonly snapshots: number;
}

const REMOVING = '.removing-';
/** Everything is read once in a week. */
const WEEK_SECONDS = 7 * 86_400;

async function folders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((one) => one.isDirectory() && !one.name.startsWith('.')).map(({ name }) => name);
}

async function look(data: string): Promise<Repo[]> {
  const found: Repo[] = [];
  for (const user of await folders(data)) {
    for (const name of await folders(join(data, user))) {
      const files = await readdir(join(data, user, name), { recursive: true, withFileTypes: true });
      const objects: { path: string; bytes: number }[] = [];
      for (const file of files.filter((one) => one.isFile())) {
        const path = join(file.parentPath, file.name);
        const size = await stat(path).catch(() => undefined);
        if (size && !path.includes('/locks/')) objects.push({ path, bytes: size.size });
      }
      const snapshots = objects.filter(({ path }) => path.includes('/snapshots/')).length;
      found.push({ id: `${user}/${name}`, objects, snapshots });
    }
  }
  return found;
}

async function contentIs(path: string, name: string): Promise<boolean> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex') === name;
}

/**
 * Keeps what the gate took in: counts it, reads all of it once in a week and compares it with its names, and removes a
 * whole generation when its time is over. It has no key of any repository, no network, and asks no platform.
 */
export class Keeper {
  readonly #settings: VaultSettings;
  readonly #now: () => number;
  readonly #clock: () => number;
  #looked: number | undefined;
  /** Where the reading goes on. */
  #place = '';
  readonly #damaged = new Set<string>();

  constructor(settings: VaultSettings, now: () => number, clock: () => number) {
    this.#settings = settings;
    this.#now = now;
    this.#clock = clock;
  }

  /** One look around; what it removed. */
  async keep(): Promise<readonly string[]> {
    const { data, keeper, retentionDays, hold } = this.#settings;
    const elapsed = this.#looked === undefined ? 0 : this.#clock() - this.#looked;
    this.#looked = this.#clock();
    const repos = await look(data);
    const seen = repos.map(({ id, snapshots, objects }) => ({ id, snapshots, objects: objects.length }));
    const file = join(keeper, FILES.ledger);
    const ledger = remember((await readJson(file, Ledgers)) ?? {}, seen, this.#now(), elapsed);
    await writeJson(file, ledger);
    const held = new Set(hold);
    const gone = due(ledger, this.#now(), retentionDays, held);
    for (const id of gone) await this.#remove(id);
    const stay = repos.filter(({ id }) => !gone.includes(id));
    await this.#read(
      stay.flatMap(({ objects }) => objects),
      elapsed,
    );
    await this.#report(stay, ledger, held, gone);
    return gone;
  }

  async #remove(id: string): Promise<void> {
    const [user = '', name = ''] = id.split('/');
    const away = join(this.#settings.data, user, `${REMOVING}${name}`);
    await rename(join(this.#settings.data, id), away);
    await rm(away, { recursive: true });
  }

  /** Reads the next part; an object that is not what its name says stays, and is reported. */
  async #read(objects: readonly { path: string; bytes: number }[], elapsed: number): Promise<void> {
    const all = [...objects].sort((a, b) => a.path.localeCompare(b.path));
    const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
    const share = Math.max(elapsed, this.#settings.lookSeconds) / WEEK_SECONDS;
    let left = Math.max(total * share, 64 * 1024 ** 2);
    const at = all.findIndex(({ path }) => path > this.#place);
    const order = at < 0 ? all : [...all.slice(at), ...all.slice(0, at)];
    for (const { path, bytes } of order) {
      if (left <= 0) break;
      left -= bytes;
      this.#place = path;
      const name = path.slice(path.lastIndexOf('/') + 1);
      const id = path.slice(this.#settings.data.length + 1);
      if (name === 'config' || (await contentIs(path, name).catch(() => true))) this.#damaged.delete(id);
      else this.#damaged.add(id);
    }
  }

  async #report(
    repos: readonly Repo[],
    ledger: Ledger,
    held: ReadonlySet<string>,
    gone: readonly string[],
  ): Promise<void> {
    const iso = (ms: number | null | undefined) => (ms == null ? null : new Date(ms).toISOString());
    const at = new Date(this.#now()).toISOString();
    const before = await readJson(join(this.#settings.keeper, FILES.report), Report);
    const report: Report = {
      at,
      repositories: repos.map(({ id, objects, snapshots }) => ({
        user: id.split('/')[0] ?? '',
        name: id.split('/')[1] ?? '',
        objects: objects.length,
        bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
        snapshots,
        firstSnapshotAt: iso(ledger[id]?.firstSnapshotAt),
        lastAddedAt: iso(ledger[id]?.addedAt),
        removableAt: iso(removableAt(id, ledger, this.#settings.retentionDays, held)),
      })),
      damaged: [...this.#damaged].sort(),
      removed: [...(before?.removed ?? []), ...gone.map((id) => ({ id, at }))].slice(-100),
    };
    // The gate reads it under an account of its own.
    await writeJson(join(this.#settings.keeper, FILES.report), report, 0o644);
  }
}
