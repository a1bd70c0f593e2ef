import { randomBytes } from 'node:crypto';
import type { Credential } from '../../../adapters/databases/port.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import type { DatabasesDeps } from '../deps.ts';
import { databaseNotReady, projectWithoutKey } from '../errors.ts';
import { engineOf, instanceOf } from '../instance.ts';
import { credentialBinding } from '../model.ts';
import { openSession } from '../session.ts';
import * as store from '../store.ts';

/** 256 bits, in letters that need no quoting anywhere. */
const PASSWORD_BYTES = 32;

/** The user of a generation with its password, which only the agent can open. */
export async function openCredential(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  generation: number,
): Promise<Outcome<Credential>> {
  const kept = await store.findCredential(deps.db, row.id, generation);
  if (!kept) return databaseNotReady(row.name);
  const password = await deps.open(row.project_id, credentialBinding(row.id, generation), kept.sealed);
  return isRefusal(password) ? password : { user: kept.username, password };
}

/** Kept first, then told to the server: a crash between the two leaves a password that still fits. */
export async function addUser(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  generation: number,
): Promise<Outcome<void>> {
  const engine = engineOf(deps, row);
  if (!(await store.findCredential(deps.db, row.id, generation))) {
    const recipient = await store.recipientOf(deps.db, row.project_id);
    if (!recipient) return projectWithoutKey('The project');
    const password = new Secret(randomBytes(PASSWORD_BYTES).toString('base64url'));
    const sealed = await deps.seal(recipient, credentialBinding(row.id, generation), password);
    if (isRefusal(sealed)) return sealed;
    await store.keepCredential(deps.db, {
      databaseId: row.id,
      organizationId: row.organization_id,
      generation,
      username: engine.user(instanceOf(row), generation),
      sealed,
    });
  }
  const credential = await openCredential(deps, row, generation);
  if (isRefusal(credential)) return credential;
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return session;
  const set = await engine.setUser(session, credential);
  if (isRefusal(set)) return set;
  await store.useCredential(deps.db, row.id, generation);
}

export async function dropUser(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  generation: number,
): Promise<Outcome<void>> {
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return session;
  const engine = engineOf(deps, row);
  const dropped = await engine.dropUser(session, engine.user(session.instance, generation));
  if (isRefusal(dropped)) return dropped;
  await store.dropCredential(deps.db, row.id, generation);
}
