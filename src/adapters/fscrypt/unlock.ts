import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Runner } from '../exec/port.ts';
import { runOrRefuse } from '../exec/run.ts';
import * as commands from './commands.ts';
import { busy, notEncrypted, storageFailed, storageUnsupported, wrongKey } from './errors.ts';
import { parseKeyId, parseKeyStatus, parsePolicy } from './parse.ts';
import type { KeyState, Place } from './port.ts';

export const dataOf = ({ mount }: Place): string => join(mount, 'data');

/** The key that the place's directory is encrypted with; undefined where there is no directory or no policy yet. */
export async function policyOf(run: Runner, place: Place): Promise<Outcome<string | undefined>> {
  const there = await stat(dataOf(place)).catch(() => undefined);
  if (!there) return undefined;
  const read = await run.run(commands.readPolicy(dataOf(place)));
  return isRefusal(read) ? read : parsePolicy(read.stdout);
}

/** What the kernel says; an answer that is not understood is a refusal and never "absent". */
export async function keyState(run: Runner, { mount }: Place, keyId: string): Promise<Outcome<KeyState>> {
  const ran = await run.run(commands.keyStatus(mount, keyId));
  if (isRefusal(ran)) return ran;
  return (
    parseKeyStatus(ran.stdout) ??
    storageFailed('asking the kernel for a key', (ran.stderr || ran.stdout).trim())
  );
}

/** Hands the key to the kernel and makes sure that it is the one; a wrong one is taken back. */
export async function unlock(
  run: Runner,
  place: Place,
  key: Secret,
  expected: string | undefined,
): Promise<Outcome<{ readonly keyId: string }>> {
  const policy = await policyOf(run, place);
  if (isRefusal(policy)) return policy;
  const added = await run.run(commands.addKey(place.mount, key));
  if (isRefusal(added)) return added;
  const keyId = parseKeyId(added.stdout);
  // The program's exit code says nothing; only the id does.
  if (!keyId) return storageUnsupported((added.stderr || added.stdout).trim());
  if ([policy, expected].some((id) => id !== undefined && id !== keyId)) {
    await run.run(commands.removeKey(place.mount, keyId));
    return wrongKey(place.image);
  }
  const encrypted = policy ? undefined : await encrypt(run, place, keyId);
  if (isRefusal(encrypted)) return encrypted;
  await chmod(dataOf(place), 0o711);
  return { keyId };
}

/** Gives the new, empty directory its policy, and looks whether it has it. */
async function encrypt(run: Runner, place: Place, keyId: string): Promise<Outcome<void>> {
  const data = dataOf(place);
  await mkdir(data, { recursive: true, mode: 0o711 });
  const set = await runOrRefuse(run, commands.setPolicy(data, keyId));
  const policy = await policyOf(run, place);
  if (isRefusal(policy)) return policy;
  if (policy !== keyId) return notEncrypted(data, isRefusal(set) ? set.message : set.stderr.trim());
}

/** Takes the key away. With files still open nothing new can be opened, but what is open can be read: refused. */
export async function lock(run: Runner, place: Place, keyId: string): Promise<Outcome<void>> {
  const now = await keyState(run, place, keyId);
  if (isRefusal(now)) return now;
  if (now === 'absent') return;
  const removed = await run.run(commands.removeKey(place.mount, keyId));
  if (isRefusal(removed)) return removed;
  const left = await keyState(run, place, keyId);
  if (isRefusal(left)) return left;
  if (left !== 'absent') return busy(dataOf(place), 'files in it are still open');
}
