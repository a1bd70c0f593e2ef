import { createHmac } from 'node:crypto';
import { leafHash } from '../../kernel/merkle.ts';

/** An entry as the log keeps it. Times as PostgreSQL writes them: UTC, with microseconds. */
export interface Kept {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly organizationId: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly sourceAddress: string | null;
  readonly requestId: string | null;
  readonly operationId: string | null;
  readonly detail: unknown;
  /** Hexadecimal; null once the personal fields are erased. */
  readonly salt: string | null;
  /** Number of the entry that says who had them erased. */
  readonly erasedBy: number | null;
}

/** HMACs of the personal fields, hexadecimal, by name; a field that was empty has none. */
export type Committed = Readonly<Record<string, string>>;

/** What sealing adds to an entry. */
export interface Seal {
  readonly index: number;
  /** Hash of the leaf before, hexadecimal. */
  readonly previous: string;
  readonly sealedAt: string;
  readonly committed: Committed;
}

export const NO_LEAF = '0'.repeat(64);
const ERASED = 'erased';

/** JSON with its keys in order, so that the same value is always the same bytes. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}

/** A target that names a person. */
const namesPerson = (target: string): boolean => target.startsWith('account:');

/** What is personal in an entry, by name. */
export const personal = (entry: Kept): readonly (readonly [name: string, value: string])[] =>
  (
    [
      ['actor', entry.actor],
      ['reason', entry.reason],
      ['sourceAddress', entry.sourceAddress],
      ['target', namesPerson(entry.target) ? entry.target : null],
    ] as const
  ).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));

const hmac = (salt: string, name: string, value: string): string =>
  createHmac('sha256', Buffer.from(salt, 'hex')).update(`${name}\0${value}`).digest('hex');

/** The HMACs that an entry's leaf takes in; without its salt there are none to make. */
export const commit = (entry: Kept): Committed => {
  const { salt } = entry;
  return salt === null
    ? {}
    : Object.fromEntries(personal(entry).map(([name, value]) => [name, hmac(salt, name, value)]));
};

/** Names of the personal fields that are not what was committed to. */
function brokenCommitments(entry: Kept, committed: Committed): string[] {
  const now = commit(entry);
  const names = new Set([...Object.keys(now), ...Object.keys(committed)]);
  return [...names].filter((name) => now[name] !== committed[name]).sort();
}

/**
 * Names of the fields of an entry that are not what was sealed. Once its salt is gone nothing can be compared: such an
 * entry has to be blank in exactly the form in which the log leaves it (0024_audit.sql), and a later entry has to say so.
 */
export function changedFields(entry: Kept, committed: Committed): string[] {
  if (entry.erasedBy === null)
    return typeof entry.salt !== 'string' ? ['salt'] : brokenCommitments(entry, committed);
  const blank = {
    actor: entry.actor === ERASED,
    reason: entry.reason === null,
    sourceAddress: entry.sourceAddress === null,
    target: !('target' in committed) || entry.target === `account:${ERASED}`,
    salt: entry.salt === null,
    erasedBy: entry.erasedBy > entry.seq,
  };
  return Object.entries(blank)
    .filter(([, holds]) => !holds)
    .map(([name]) => name);
}

/** The bytes of a leaf: all of the entry, its place and what came before it; personal fields as HMACs only. */
export const recordOf = (entry: Kept, seal: Seal): string =>
  canonical({
    v: 1,
    index: seal.index,
    previous: seal.previous,
    sealedAt: seal.sealedAt,
    seq: entry.seq,
    at: entry.at,
    action: entry.action,
    target: 'target' in seal.committed ? null : entry.target,
    organizationId: entry.organizationId,
    outcome: entry.outcome,
    requestId: entry.requestId,
    operationId: entry.operationId,
    detail: entry.detail,
    committed: seal.committed,
  });

export const leafOf = (entry: Kept, seal: Seal): Buffer => leafHash(Buffer.from(recordOf(entry, seal)));
