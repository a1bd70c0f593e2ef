import type { Command } from '../kernel/command.ts';
import { Secret } from '../kernel/secret.ts';
import type { VaultSettings } from './settings.ts';

/** Arguments of the store: on loopback only, adding only, keeping no list in memory of what is on the disk. */
export const storeArguments = ({ storePort, data }: Pick<VaultSettings, 'storePort' | 'data'>): string[] => [
  ...['serve', 'restic', '--config', '/dev/null', '--addr', `127.0.0.1:${storePort}`],
  ...['--append-only', '--cache-objects=false', data],
];

/** The store as a program that we start ourselves; its password is in its environment, which its user and root may read. */
export const storeCommand = (settings: VaultSettings, password: string): Command => ({
  argv: ['rclone', ...storeArguments(settings)],
  env: { RCLONE_USER: 'gate', RCLONE_PASS: new Secret(password) },
  timeoutMs: 2 ** 31 - 1,
});
