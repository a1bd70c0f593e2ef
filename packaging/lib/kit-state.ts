import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseRootKeys } from '../../src/adapters/envelope/root.ts';
import { keyId } from '../../src/adapters/envelope/wrap.ts';
import { parseSettings } from '../../src/capabilities/nodes/system/settings.ts';
import { isRefusal } from '../../src/kernel/refusal.ts';
import { paths } from '../../src/main/paths.ts';

/** What this server remembers of its recovery kits: no secret. */
const KitState = z.object({
  madeAt: z.string().nullable().default(null),
  madeFor: z.string().nullable().default(null),
  testedAt: z.string().nullable().default(null),
  /** Id of the root key that was current in the kit that was tested. */
  testedFor: z.string().nullable().default(null),
});
export type KitState = z.infer<typeof KitState>;

const file = join(paths.config, 'recovery-kit.json');

export async function readKitState(): Promise<KitState> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    return KitState.parse(JSON.parse(text));
  } catch {
    return KitState.parse({});
  }
}

export async function noteKit(change: Partial<KitState>): Promise<void> {
  const next = { ...(await readKitState()), ...change };
  await writeFile(file, `${JSON.stringify(next, undefined, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}

/** Where the root key is: the platform's own file, or what the settings name. */
export async function rootKeyPlace(): Promise<string> {
  const settings = parseSettings(await readFile(paths.settings, 'utf8').catch(() => '{}'));
  const given = isRefusal(settings) ? undefined : settings.rootKeyFile;
  return given ?? join(paths.secrets, 'root.key');
}

/** Root keys of this server, oldest first; undefined where none can be read. */
export async function rootKeysHere(): Promise<readonly Buffer[] | undefined> {
  return parseRootKeys(await readFile(await rootKeyPlace(), 'utf8').catch(() => ''));
}

/** Id of the current one. */
export async function currentRootKeyId(): Promise<string | undefined> {
  const current = (await rootKeysHere())?.at(-1);
  return current && keyId(current);
}
