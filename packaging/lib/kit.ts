import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { keychain } from '../../src/adapters/envelope/keychain.ts';
import type { Kit } from '../../src/adapters/envelope/kit.ts';
import { openText } from '../../src/adapters/envelope/platform.ts';
import type { RootKeys } from '../../src/adapters/envelope/port.ts';
import { rootKeysOver } from '../../src/adapters/envelope/root.ts';
import { everyProjectKey, vaultsOf } from '../../src/capabilities/keys/store.ts';
import { addressOf } from '../../src/capabilities/nodes/system/database.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { isRefusal, type Outcome } from '../../src/kernel/refusal.ts';
import { paths } from '../../src/main/paths.ts';
import { failed } from './outcome.ts';

/** Larger files are no keys. */
const LARGEST = 64 * 1024;

export const fixedRoots = (keys: readonly Buffer[]): RootKeys =>
  rootKeysOver({ read: async () => keys, write: async () => undefined });

/** Every small file of the secrets directory but the root key, which has a place of its own. */
async function secretFiles(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || file === join(directory, 'root.key') || (await stat(file)).size > LARGEST)
      continue;
    found[relative(directory, file)] = (await readFile(file)).toString('base64');
  }
  return found;
}

async function withDatabase<T>(use: (db: ReturnType<typeof openDatabase>) => Promise<T>): Promise<T> {
  const db = openDatabase(await addressOf('bastide_agent'), 1);
  try {
    return await use(db);
  } catch (error) {
    throw failed(
      'kit_no_database',
      `The platform's database does not answer: ${error instanceof Error ? error.message : String(error)}`,
      'Start the platform with: npm start',
    );
  } finally {
    await db.destroy();
  }
}

/** The vaults that the platform knows, with the passwords it has there. */
async function vaults(roots: RootKeys): Promise<Outcome<Kit['vaults']>> {
  const found: Kit['vaults'] = [];
  for (const { wrapped_password, ...vault } of await withDatabase(vaultsOf)) {
    const password = wrapped_password
      ? await openText(roots, `vault:${vault.id}`, wrapped_password)
      : undefined;
    if (isRefusal(password)) return password;
    found.push({ ...vault, password: password?.reveal() ?? '' });
  }
  return found;
}

/** All that belongs into a kit of this server, now. */
export async function gather(rootKeys: readonly Buffer[], domain: string, now: Date): Promise<Outcome<Kit>> {
  const known = await vaults(fixedRoots(rootKeys));
  if (isRefusal(known)) return known;
  return {
    format: 'bastide recovery kit',
    version: 1,
    madeAt: now.toISOString(),
    domain,
    rootKeys: rootKeys.map((key) => key.toString('base64')),
    vaults: known,
    secrets: await secretFiles(paths.secrets),
  };
}

/** What the platform has that the kit must bring back: its vaults, and project keys that the kit's root keys open. */
export async function compare(kit: Kit) {
  const chain = keychain(fixedRoots(kit.rootKeys.map((key) => Buffer.from(key, 'base64'))));
  return withDatabase(async (db) => {
    const keys = await everyProjectKey(db);
    let opens = 0;
    for (const { projectId, key } of keys) if (!isRefusal(await chain.rewrap(projectId, key))) opens += 1;
    const names = (await vaultsOf(db)).map(({ name }) => name);
    return { vaultsHere: names, keysHere: keys.length, keysThatOpen: opens };
  });
}
