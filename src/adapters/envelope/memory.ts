import { randomBytes } from 'node:crypto';
import type { RootKeys } from './port.ts';
import { rootKeysOver } from './root.ts';
import { KEY } from './wrap.ts';

/** Root keys that live as long as the test. */
export function memoryRootKeys(first: Buffer = randomBytes(KEY)): RootKeys {
  let keys: readonly Buffer[] = [first];
  return rootKeysOver({
    read: async () => keys,
    async write(next) {
      keys = next;
      return undefined;
    },
  });
}
