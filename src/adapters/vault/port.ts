import { z } from 'zod';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** Why a vault did not do what it was asked. */
export const REFUSED = [
  'delete',
  'overwrite',
  'method',
  'path',
  'wrong_hash',
  'second_key',
  'too_large',
  'no_length',
  'daily_limit',
  'disk_full',
  'credential',
  'code',
  'garbage',
] as const;

/** A line of a vault's journal; each carries the hash of the one before, so that none can be taken out or changed. */
export const JournalEntry = z.strictObject({
  seq: z.int().positive(),
  at: z.iso.datetime(),
  kind: z.enum([...REFUSED, 'enrolled', 'torn']),
  /** Who was taken for whom; null before it was known. */
  user: z.string().nullable(),
  /** Where it came from; null for the vault's own doing. */
  address: z.string().nullable(),
  method: z.string(),
  /** As it was asked, cut at 200 characters. */
  path: z.string(),
  /** Equal ones within a minute are one line. */
  count: z.int().positive(),
  /** SHA-256 of the line before. */
  previous: z.string(),
  hash: z.string(),
});
export type JournalEntry = z.output<typeof JournalEntry>;

export const StoredRepository = z.strictObject({
  name: z.string(),
  objects: z.int(),
  bytes: z.int(),
  snapshots: z.int(),
  /** The vault's own clock. */
  firstSnapshotAt: z.iso.datetime().nullable(),
  lastAddedAt: z.iso.datetime().nullable(),
  /** When the vault removes it; null while it is the newest of its project. */
  removableAt: z.iso.datetime().nullable(),
});
export type StoredRepository = z.output<typeof StoredRepository>;

/** What a vault says of itself to one of its platforms. */
export const VaultStatus = z.strictObject({
  /** Its own id, made once. */
  vault: z.string(),
  version: z.literal(1),
  now: z.iso.datetime(),
  state: z.enum(['ready', 'full', 'limited', 'damaged', 'store_down']),
  disk: z.strictObject({ totalBytes: z.int(), freeBytes: z.int(), reserveBytes: z.int() }),
  today: z.strictObject({ bytes: z.int(), limitBytes: z.int() }),
  retentionDays: z.int(),
  /** When its keeper last looked; null: never. */
  keptAt: z.iso.datetime().nullable(),
  repositories: z.array(StoredRepository),
  /** Objects whose content is not what their name says: `<repository>/<type>/<name>`. */
  damaged: z.array(z.string()),
  /** Repositories that its keeper removed because their time was over, newest last. */
  removed: z.array(z.strictObject({ name: z.string(), at: z.iso.datetime() })),
  journal: z.strictObject({ seq: z.int(), hash: z.string() }),
});
export type VaultStatus = z.output<typeof VaultStatus>;

export const Enrolment = z.strictObject({
  code: z.string().max(100),
  user: z.string().regex(/^[a-z][a-z0-9-]{2,40}$/),
  /** The platform's own choice: 256 random bits. The vault keeps a hash. */
  password: z.string().min(40).max(200),
});

export const JournalPage = z.strictObject({
  entries: z.array(JournalEntry),
  /** Of every line of the page, other platforms' too: so that none can be left out. */
  links: z.array(JournalEntry.pick({ seq: true, previous: true, hash: true })),
  more: z.boolean(),
});
export type JournalPage = z.output<typeof JournalPage>;

export interface VaultAccess {
  /** `https://host:port`. */
  readonly url: string;
  readonly user: string;
  readonly password: Secret;
  /** The vault's authority, PEM. */
  readonly ca: string;
}

/**
 * Speaks with a vault as a platform. Promises: nobody but the authority that was pinned is spoken to; at most a minute.
 * Refusals: `vault_unreachable`, `vault_untrusted`, `vault_credential_refused`, `vault_unclear`.
 */
export interface VaultClient {
  status(vault: VaultAccess): Promise<Outcome<VaultStatus>>;
  /**
   * What it noted after `after`, oldest first, at most 500 lines: this platform's own and those of nobody. The chain
   * was checked, from `hash` on, which is that of line `after`. Refusals: `vault_journal_broken` too.
   */
  journal(vault: VaultAccess, after: number, hash?: string): Promise<Outcome<JournalPage>>;
  /** The authority of what answers at `url`, PEM, if its fingerprint is this (SHA-256 of the DER, hex). */
  authority(url: string, fingerprint: string): Promise<Outcome<string>>;
  /** Uses a code, once. The same code with the same user and password again is a success. Refusals: `vault_code_refused`. */
  enrol(vault: VaultAccess, code: string): Promise<Outcome<void>>;
}
