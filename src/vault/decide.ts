import type { JournalEntry } from '../adapters/vault/port.ts';

type Refused = JournalEntry['kind'];
export type ObjectType = 'config' | 'data' | 'index' | 'keys' | 'locks' | 'snapshots';

/** What one request to a repository comes to. */
export type Ask =
  | { readonly kind: 'read'; readonly repo: string; readonly path: string }
  | { readonly kind: 'create'; readonly repo: string }
  | {
      readonly kind: 'add';
      readonly repo: string;
      readonly type: ObjectType;
      /** SHA-256 of the content; the config alone has no name. */
      readonly name: string | undefined;
      readonly path: string;
    }
  | { readonly kind: 'unlock'; readonly repo: string; readonly path: string }
  | { readonly kind: 'refused'; readonly why: Refused };

const PLACE =
  /^\/r\/([a-z0-9][a-z0-9-]{0,79})\/(?:(config)|(data|index|keys|locks|snapshots)\/([0-9a-f]{64})?)?(\?create=true)?$/;

/**
 * Judges a request by its raw target: what does not match letter by letter is refused, so that there is no path to be
 * clever with. Reading and adding is all there is; a lock, which protects nothing here, may be taken away.
 */
export function judge(method: string, target: string): Ask {
  const match = PLACE.exec(target);
  if (!match) return { kind: 'refused', why: method === 'DELETE' ? 'delete' : 'path' };
  const [, repo = '', config, type, name, create] = match;
  const path = target.slice(`/r/${repo}/`.length);
  if (create !== undefined) {
    return method === 'POST' && config === undefined && type === undefined
      ? { kind: 'create', repo }
      : { kind: 'refused', why: 'path' };
  }
  const isObject = config !== undefined || name !== undefined;
  if (method === 'GET' || method === 'HEAD')
    return isObject || type !== undefined ? { kind: 'read', repo, path } : { kind: 'refused', why: 'path' };
  if (method === 'POST') {
    if (!isObject) return { kind: 'refused', why: 'path' };
    return { kind: 'add', repo, type: (config ?? type) as ObjectType, name, path };
  }
  if (method === 'DELETE')
    return type === 'locks' && name !== undefined
      ? { kind: 'unlock', repo, path }
      : { kind: 'refused', why: 'delete' };
  return { kind: 'refused', why: 'method' };
}

const MIB = 1024 ** 2;
/** The largest object of each kind; restic's packs are 16 MiB unless told, 128 MiB at most. */
export const LARGEST: Readonly<Record<ObjectType, number>> = {
  config: 64 * 1024,
  keys: 64 * 1024,
  locks: 64 * 1024,
  snapshots: 16 * MIB,
  index: 256 * MIB,
  data: 192 * MIB,
};

export interface Room {
  readonly freeBytes: number;
  readonly reserveBytes: number;
  readonly todayBytes: number;
  readonly dailyBytes: number;
}

/** Why an object of this size is not taken, if so. */
export function roomFor(type: ObjectType, bytes: number | undefined, room: Room): Refused | undefined {
  if (bytes === undefined || !Number.isSafeInteger(bytes) || bytes < 0) return 'no_length';
  if (bytes > LARGEST[type]) return 'too_large';
  if (room.freeBytes - bytes < room.reserveBytes) return 'disk_full';
  if (room.todayBytes + bytes > room.dailyBytes) return 'daily_limit';
  return undefined;
}

/** HTTP's word for it. 403 is what restic takes for final. */
export const statusOf = (why: Refused): number =>
  why === 'disk_full' || why === 'daily_limit'
    ? 507
    : why === 'credential'
      ? 401
      : why === 'no_length'
        ? 411
        : 403;
