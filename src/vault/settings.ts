import { z } from 'zod';

/** A vault's own settings, `/etc/bastide-vault/vault.json`: whoever owns the machine writes them, nobody else. */
export const VaultSettings = z.strictObject({
  id: z.uuid(),
  /** Where the gate listens. */
  address: z.string().default('0.0.0.0'),
  port: z.int().min(1).max(65535).default(8444),
  /** Loopback port of the store behind it. */
  storePort: z.int().min(1).max(65535).default(8445),
  /** Where the objects are; another disk may be mounted there. */
  data: z.string().startsWith('/').default('/var/lib/bastide-vault/data'),
  /** The gate's own files: accounts, journal. */
  state: z.string().startsWith('/').default('/var/lib/bastide-vault/gate'),
  /** The keeper's own files. */
  keeper: z.string().startsWith('/').default('/var/lib/bastide-vault/keeper'),
  /** Certificate chain and key of the gate, and the store's password. */
  secrets: z.string().startsWith('/').default('/etc/bastide-vault'),
  retentionDays: z.int().min(30).default(183),
  /** What one platform may add in a day. */
  dailyBytes: z
    .int()
    .positive()
    .default(256 * 1024 ** 3),
  /** What stays free on the disk; absent: a twentieth of it. */
  reserveBytes: z.int().positive().optional(),
  /** Repositories that are kept though their time is over: `<user>/<name>`. */
  hold: z.array(z.string()).default([]),
  /** Seconds between two looks of the keeper. */
  lookSeconds: z.int().positive().default(300),
});
export type VaultSettings = z.output<typeof VaultSettings>;

export const FILES = {
  chain: 'chain.pem',
  key: 'key.pem',
  storePassword: 'store.password',
  journal: 'journal.jsonl',
  accounts: 'accounts.json',
  codes: 'codes.json',
  usage: 'usage.json',
  report: 'report.json',
  ledger: 'ledger.json',
} as const;
