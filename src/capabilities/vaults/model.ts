import { z } from 'zod';

export const VaultName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,28}[a-z0-9]$/)
  .meta({
    description: 'Name of a vault: 2 to 30 lower-case letters, digits and dashes',
    example: 'offsite',
  });

const Fingerprint = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({
    description: "SHA-256 of the vault's authority, as the vault printed it",
    example: 'a1'.repeat(32),
  });

const Address = z
  .string()
  .max(300)
  .regex(/^https:\/\/([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/)
  .meta({ description: 'Where the vault answers, without a path', example: 'https://192.0.2.7:8444' });

const Code = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .meta({ description: 'What the vault printed; it works once, within a day', example: '0'.repeat(40) });

/** What the vault's line says. */
export const AddVault = z.strictObject({ name: VaultName, url: Address, ca: Fingerprint, code: Code });
export type AddVault = z.output<typeof AddVault>;

export const RemoveVault = z.strictObject({ name: VaultName });

/** What a vault refused, as it told us. */
const RefusedAttempt = z.object({
  at: z.iso.datetime(),
  kind: z.string(),
  user: z.string().nullable(),
  address: z.string().nullable(),
  method: z.string(),
  path: z.string(),
  count: z.int(),
});
export type RefusedAttempt = z.output<typeof RefusedAttempt>;

/** What is kept of a vault's own words, in vaults.facts. */
export const VaultFacts = z.object({
  /** While it is being added: the operation that does. */
  operationId: z.uuid().optional(),
  state: z.string().optional(),
  freeBytes: z.number().optional(),
  totalBytes: z.number().optional(),
  todayBytes: z.number().optional(),
  dailyBytes: z.number().optional(),
  retentionDays: z.number().optional(),
  keptAt: z.string().nullable().optional(),
  repositories: z.number().optional(),
  damaged: z.array(z.string()).optional(),
  /** The newest refused attempts. */
  refused: z.array(RefusedAttempt).optional(),
  /** Hash of the last line of its journal that was read. */
  journalHash: z.string().optional(),
});
export type VaultFacts = z.output<typeof VaultFacts>;

export const VaultView = z.object({
  name: VaultName,
  url: z.string(),
  place: z
    .enum(['here', 'elsewhere'])
    .meta({ description: 'here: on this machine, second best; elsewhere: on another' }),
  status: z.enum(['unknown', 'ready', 'unreachable', 'full', 'refusing']),
  message: z.string().nullable(),
  seenAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  freeBytes: z.number().nullable(),
  totalBytes: z.number().nullable(),
  retentionDays: z.number().nullable(),
  repositories: z.number().nullable(),
  damaged: z.array(z.string()),
  refused: z.array(RefusedAttempt),
});
export type VaultView = z.output<typeof VaultView>;

export const VaultsStep = {
  /** Looks at the authority and notes the vault, not in use yet. */
  prepare: z.object({ wish: AddVault, operationId: z.uuid() }),
  enrol: z.object({ wish: AddVault, operationId: z.uuid() }),
  retire: z.object({ name: VaultName }),
} as const;

export interface AddFacts {
  /** A vault of that name is in use. */
  readonly named: { readonly url: string; readonly operationId: string | undefined } | undefined;
  /** This operation has noted it. */
  readonly prepared: boolean;
}

/** A vault on the same machine survives a mistake and a stolen credential; it does not survive the machine. */
export const placeOf = (url: string): 'here' | 'elsewhere' =>
  /^https:\/\/(127\.|localhost\b|\[::1\])/.test(url) ? 'here' : 'elsewhere';

/** What the platform's program for backups needs to reach a repository of this name there. */
export const repositoryUrl = (vaultUrl: string, repository: string): string => `${vaultUrl}/r/${repository}/`;
