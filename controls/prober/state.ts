import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FIRST, Signed } from '../contract/evidence.ts';

/** All that a prober keeps. The private key was made here and never leaves. */
const State = z.object({
  privateKey: z.string(),
  publicKey: z.string(),
  position: z.enum(['inside', 'outside']).optional(),
  tokens: z.object({ prober: z.string(), a: z.string(), b: z.string() }).optional(),
  /** The end of its own chain, so that the platform cannot rewrite it unnoticed. */
  seq: z.int(),
  prev: z.string(),
  /** Signed and not yet known to have arrived. */
  pending: z.object({ entry: Signed, run: z.string().optional() }).optional(),
});
export type State = z.infer<typeof State>;

export interface Store {
  get(): State;
  /** On disk before it resolves. */
  set(change: Partial<State>): Promise<void>;
  /** Starts over as another prober, with a key and a chain of its own; what was is kept beside. */
  renew(): Promise<void>;
}

const fresh = (): State => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    seq: 0,
    prev: FIRST,
  };
};

/** Opens the state in a directory, or makes a new prober there. An unreadable state is not replaced: it throws. */
export async function openState(directory: string): Promise<Store> {
  const file = join(directory, 'prober.json');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  let state = text === undefined ? fresh() : State.parse(JSON.parse(text));
  const save = async () => {
    await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600, flush: true });
    await chmod(`${file}.new`, 0o600);
    await rename(`${file}.new`, file);
  };
  if (text === undefined) await save();
  return {
    get: () => state,
    async renew() {
      await rename(file, `${file}.${Date.now()}`);
      state = fresh();
      await save();
    },
    async set(change) {
      state = { ...state, ...change };
      await save();
    },
  };
}
