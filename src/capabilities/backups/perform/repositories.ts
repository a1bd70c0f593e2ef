import { randomBytes } from 'node:crypto';
import { seal } from '../../../adapters/envelope/seal.ts';
import type { Repository } from '../../../adapters/restic/port.ts';
import { sealingRecipient } from '../../../db/sealing.ts';
import { alert, settle } from '../../../engine/alert.ts';
import { isRefusal, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import type { BackupsDeps } from '../deps.ts';
import { noKey, noVault, vaultNotThere } from '../errors.ts';
import { REPOSITORY_KEY } from '../model.ts';
import { generationIsOver } from '../policy.ts';
import * as store from '../store.ts';

/** What a refusal says of the vault; undefined where it says nothing. */
const STATES: Readonly<Record<string, 'unreachable' | 'full' | 'refusing'>> = {
  restic_vault_unreachable: 'unreachable',
  restic_vault_slow: 'unreachable',
  restic_vault_full: 'full',
  restic_vault_untrusted: 'refusing',
  restic_vault_refused: 'refusing',
  restic_credential_refused: 'refusing',
};

/** Keeps the vault's state for people, and tells the operators where it is wrong. Gives the outcome on. */
export async function noting<T>(
  deps: Pick<BackupsDeps, 'db'>,
  vault: { readonly id: string; readonly name: string },
  outcome: Outcome<T>,
): Promise<Outcome<T>> {
  const subject = `vault:${vault.name}`;
  if (!isRefusal(outcome)) {
    await store.noteVault(deps.db, vault.id, { status: 'ready', message: null });
    for (const state of new Set(Object.values(STATES))) await settle(deps.db, `vault_${state}`, subject);
    return outcome;
  }
  const status = STATES[outcome.code];
  if (status) {
    await store.noteVault(deps.db, vault.id, { status, message: outcome.message });
    await alert(deps.db, {
      severity: 'critical',
      code: `vault_${status}`,
      subject,
      message: outcome.message,
      next: outcome.next,
    });
  }
  return outcome;
}

/** The repository as restic is told of it, with its key opened. */
export async function opened(deps: BackupsDeps, row: store.RepositoryRow): Promise<Outcome<Repository>> {
  const vault = await store.vault(deps.db, row.vault_id);
  if (!vault) return vaultNotThere(row.vault);
  const place = await deps.place(vault, row.name);
  if (isRefusal(place)) return place;
  const key =
    row.project_id === null
      ? await deps.platformKey()
      : row.sealed_key === null
        ? noKey()
        : await deps.open(row.project_id, { owner: row.id, name: REPOSITORY_KEY }, row.sealed_key);
  return isRefusal(key) ? key : { ...place, key };
}

/** The row of a new generation, with a key that nobody but the project's opens. */
async function addRow(
  deps: BackupsDeps,
  projectId: string | null,
  vaultId: string,
  generation: number,
): Promise<Outcome<void>> {
  const id = store.newRepositoryId();
  if (projectId === null) {
    await store.addRepository(deps.db, {
      id,
      organizationId: null,
      projectId,
      vaultId,
      generation,
      sealedKey: null,
    });
    return undefined;
  }
  return deps.db.transaction().execute(async (tx) => {
    const owner = await store.ownerOf(tx, projectId);
    const recipient = await sealingRecipient(tx, projectId);
    if (!owner || !recipient) return noKey();
    const key = new Secret(randomBytes(32).toString('base64url'));
    const sealedKey = await seal(recipient, { owner: id, name: REPOSITORY_KEY }, key);
    if (isRefusal(sealedKey)) return sealedKey;
    await store.addRepository(tx, {
      id,
      organizationId: owner.organizationId,
      projectId,
      vaultId,
      generation,
      sealedKey,
    });
    return undefined;
  });
}

/**
 * The month is over, or the project's key leaked since: whoever has it may have read the repository's key. Or somebody
 * asked for another one at the moment `after`, and this one is older.
 */
const isOver = (row: store.RepositoryRow, now: number, after?: Date): boolean =>
  generationIsOver(row.created_at.getTime(), now) ||
  (row.leaked_at !== null && row.leaked_at > row.created_at) ||
  (after !== undefined && row.created_at < after);

/** Whether a vault lacks an open repository, or its generation is over. */
export const lacking = (
  vaults: readonly { readonly id: string }[],
  repositories: readonly store.RepositoryRow[],
  now: number,
  after?: Date,
): string[] =>
  vaults
    .map(({ id }) => id)
    .filter((id) => {
      const open = repositories.find((one) => one.vault_id === id);
      return !open?.ready_at || isOver(open, now, after);
    });

/**
 * Each vault has a repository of this month for the project. A vault that does not answer does not keep the others
 * from getting theirs: the last refusal is answered when all were tried. With `after`, one made since then.
 */
export async function ensureRepositories(
  deps: BackupsDeps,
  projectId: string | null,
  after?: Date,
): Promise<Outcome<void>> {
  const vaults = await store.activeVaults(deps.db);
  if (vaults.length === 0) return noVault();
  let refused: Refusal | undefined;
  for (const vault of vaults) {
    const made = await noting(deps, vault, await ensureIn(deps, projectId, vault, after));
    if (isRefusal(made)) refused = made;
  }
  return refused;
}

async function ensureIn(
  deps: BackupsDeps,
  projectId: string | null,
  vault: store.VaultRow,
  after?: Date,
): Promise<Outcome<void>> {
  const find = async () =>
    (await store.openRepositories(deps.db, projectId)).find((one) => one.vault_id === vault.id);
  let row = await find();
  if (!row || (row.ready_at && isOver(row, deps.now().getTime(), after))) {
    const last = await store.lastGeneration(deps.db, projectId, vault.id);
    const added = await addRow(deps, projectId, vault.id, last + 1);
    if (isRefusal(added)) return added;
    row = await find();
  }
  if (!row || row.ready_at) return undefined;
  const repository = await opened(deps, row);
  if (isRefusal(repository)) return repository;
  const made = await deps.restic.init(repository);
  // Made by an agent that was killed before it could say so: our key opens it, or this is somebody else's.
  if (isRefusal(made) && made.code === 'restic_repository_exists') {
    const keys = await deps.restic.keys(repository);
    if (isRefusal(keys)) return keys.code === 'restic_key_wrong' ? passOver(deps, row, vault, after) : keys;
  } else if (isRefusal(made)) return made;
  await store.repositoryReady(deps.db, row.id);
  return undefined;
}

/**
 * A generation that is there already and that our key does not open: the machine that was lost began it after the last
 * backup of the platform, so that its key is gone. The next one takes its place; what is in it stays until its time is over.
 */
async function passOver(
  deps: BackupsDeps,
  row: store.RepositoryRow,
  vault: store.VaultRow,
  after?: Date,
): Promise<Outcome<void>> {
  await alert(deps.db, {
    severity: 'warning',
    code: 'repository_foreign',
    subject: `repository:${row.name}@${vault.name}`,
    organizationId: row.organization_id,
    projectId: row.project_id,
    message: `${vault.name} has a repository ${row.name} already, which this platform has no key of; the next generation is used`,
    next: 'After a machine was lost that may be. Otherwise look at the vault: docs/runbooks/vault.md.',
  });
  await store.passOver(deps.db, row.id);
  return ensureIn(deps, row.project_id, vault, after);
}
