import { randomBytes } from 'node:crypto';
import { openText, wrapText } from '../../adapters/envelope/platform.ts';
import type { VaultAccess } from '../../adapters/vault/port.ts';
import type { Perform } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { VaultsDeps } from './deps.ts';
import { stepUnknown, vaultNotFound } from './errors.ts';
import { VaultsStep } from './model.ts';
import * as store from './store.ts';

/** How the platform is known to a vault. Refusals: those of the root key. */
export async function accessTo(
  { roots }: Pick<VaultsDeps, 'roots'>,
  row: Pick<store.VaultRow, 'id' | 'url' | 'username' | 'wrapped_password' | 'ca'>,
): Promise<Outcome<VaultAccess>> {
  const password = await openText(roots, `vault:${row.id}`, row.wrapped_password ?? '');
  if (isRefusal(password)) return password;
  return { url: row.url, user: row.username, password, ca: row.ca ?? '' };
}

async function prepare(deps: VaultsDeps, input: unknown): Promise<Outcome<void>> {
  const { wish, operationId } = VaultsStep.prepare.parse(input);
  const ca = await deps.client.authority(wish.url, wish.ca);
  if (isRefusal(ca)) return ca;
  const username = `platform-${randomBytes(6).toString('hex')}`;
  const password = new Secret(randomBytes(32).toString('hex'));
  let refused: Outcome<string> = '';
  try {
    await store.notePrepared(deps.db, { wish, operationId, ca, username }, async (id) => {
      refused = await wrapText(deps.roots, `vault:${id}`, password);
      if (isRefusal(refused)) throw new Error(refused.message);
      return refused;
    });
  } catch (error) {
    if (isRefusal(refused)) return refused;
    throw error;
  }
  return undefined;
}

async function enrol(deps: VaultsDeps, input: unknown): Promise<Outcome<void>> {
  const { wish, operationId } = VaultsStep.enrol.parse(input);
  const row = await store.preparedBy(deps.db, operationId);
  if (!row) return vaultNotFound(wish.name);
  const access = await accessTo(deps, row);
  if (isRefusal(access)) return access;
  const enrolled = await deps.client.enrol(access, wish.code);
  if (isRefusal(enrolled)) return enrolled;
  const status = await deps.client.status(access);
  if (isRefusal(status)) return status;
  await store.putInUse(deps.db, row.id, wish.name);
  return undefined;
}

/** Performs the steps of vaults. */
export const makeVaultsPerform =
  (deps: VaultsDeps): Perform =>
  async (step) => {
    if (step.kind === 'prepare') return prepare(deps, step.input);
    if (step.kind === 'enrol') return enrol(deps, step.input);
    if (step.kind !== 'retire') return stepUnknown();
    await store.retire(deps.db, VaultsStep.retire.parse(step.input).name);
    return undefined;
  };
