import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Client } from '../../src/cli/client.ts';
import { isRefusal, type Outcome } from '../../src/kernel/refusal.ts';
import { sleep } from '../../src/kernel/time.ts';
import { VaultSettings } from '../../src/vault/settings.ts';
import { failed } from '../lib/outcome.ts';
import { bringUpVault, hasVault, newCode, stopVault } from './bring-up.ts';
import * as layout from './layout.ts';

const Vaults = z.looseObject({ vaults: z.array(z.looseObject({ name: z.string(), place: z.string() })) });
const Submitted = z.looseObject({ operationId: z.string() });
const Operation = z.looseObject({
  status: z.string(),
  failure: z.looseObject({ message: z.string() }).nullish(),
});
const NAME = 'here';

/**
 * A vault on this machine, under accounts of its own, where the platform has none: second best, and better than none.
 * Gives what there is now, in words.
 */
export async function ensureLocalVault(api: Client): Promise<Outcome<string>> {
  const list = await api.get('/v1/vaults', Vaults);
  if (isRefusal(list)) return list;
  const local = list.vaults.some(({ place }) => place === 'here');
  if (local && hasVault()) await bringUpVault({ names: ['127.0.0.1'], over: {} });
  const names = list.vaults.map(({ name }) => name).join(', ');
  if (list.vaults.length > 0) return names;
  const vault = await bringUpVault({ names: ['127.0.0.1'], over: { address: '127.0.0.1' } });
  const wish = { name: NAME, url: vault.url, ca: vault.fingerprint, code: await newCode() };
  const submitted = await api.send('POST', '/v1/vaults', wish, Submitted);
  if (isRefusal(submitted)) return submitted;
  for (let left = 120; left > 0; left -= 1) {
    const now = await api.get(`/v1/operations/${submitted.operationId}`, Operation);
    if (isRefusal(now)) return now;
    if (now.status === 'succeeded') return 'on this machine: second best';
    if (now.status === 'failed' || now.status === 'cancelled')
      return failed('vault_not_added', now.failure?.message ?? now.status, 'See docs/runbooks/vault.md.');
    await sleep(500);
  }
  return failed('vault_not_added', 'The agent did not add it in time', 'bastide operations');
}

/** Nobody but this machine can reach it. */
async function isLocal(): Promise<boolean> {
  const settings = VaultSettings.parse(JSON.parse(await readFile(layout.SETTINGS, 'utf8')));
  return settings.address === '127.0.0.1';
}

/** `npm stop` ends a vault that serves this platform alone, and no other. */
export async function stopLocalVault(): Promise<void> {
  if (hasVault() && (await isLocal())) await stopVault();
}

/** With the platform's data goes what it kept on this machine; a vault for others is never touched. */
export async function purgeLocalVault(): Promise<void> {
  if (!hasVault() || !(await isLocal())) return;
  await stopVault();
  for (const path of [layout.HOME, layout.CONFIG, layout.PROGRAM, layout.LOG, layout.RUN])
    await rm(path, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
}
