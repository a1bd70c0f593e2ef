import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Outcome } from '../kernel/refusal.ts';
import { configUnreadable } from './errors.ts';

/** What `bastide login` keeps: readable by its owner alone. */
export const CliConfig = z.strictObject({
  server: z.string(),
  token: z.string(),
  account: z.string(),
  /** The platform's certificate authority, PEM. */
  ca: z.string().optional(),
  /** The way to the server, where it is not what its name says: an address in the VPN, or `unix:/path`. */
  via: z.string().optional(),
});
export type CliConfig = z.infer<typeof CliConfig>;

const file = (dir: string) => join(dir, 'config.json');

/** The configuration, or undefined where nobody signed in. Refuses `cli_config_unreadable`. */
export async function readConfig(dir: string): Promise<Outcome<CliConfig | undefined>> {
  const text = await readFile(file(dir), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return CliConfig.parse(JSON.parse(text));
  } catch {
    return configUnreadable(file(dir));
  }
}

/** Written beside and renamed, so that it is never half there nor readable by others for a moment. */
export async function writeConfig(dir: string, config: CliConfig): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const beside = `${file(dir)}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(beside, 0o600);
  await rename(beside, file(dir));
}

export const removeConfig = (dir: string): Promise<void> => rm(file(dir), { force: true });
