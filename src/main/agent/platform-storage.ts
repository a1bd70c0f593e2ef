import { join } from 'node:path';
import { runner } from '../../adapters/exec/run.ts';
import { makeEncryptedImages } from '../../adapters/fscrypt/images.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { stopEngine } from '../../capabilities/nodes/engine.ts';
import type { Settings } from '../../capabilities/nodes/system/settings.ts';
import { bringUpStorage, SYSTEM } from '../../capabilities/nodes/system/storage.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { paths } from '../paths.ts';
import { rootKeysOf } from './keys.ts';

export const platformPlace = {
  image: join(paths.storage, `${SYSTEM}.img`),
  mount: join(paths.projects, SYSTEM),
} as const;

/** This node's own state, encrypted and open. */
export async function openPlatformStorage(
  node: NodeDeps,
  settings: Settings,
  log: (line: string) => void,
): Promise<Outcome<void>> {
  const roots = await rootKeysOf(settings);
  if (isRefusal(roots)) return roots;
  return bringUpStorage({
    images: makeEncryptedImages(runner),
    run: runner,
    roots,
    place: platformPlace,
    keyFile: paths.storageKey,
    plain: paths.state,
    encryption: settings.platformEncryption ?? 'required',
    stopUsers: () => stopEngine(node),
    log,
  });
}
