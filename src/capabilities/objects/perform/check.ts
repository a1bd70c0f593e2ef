import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { ObjectsDeps } from '../deps.ts';
import { storeNotFound } from '../errors.ts';
import { credentialBinding } from '../model.ts';
import * as store from '../store.ts';

/** Asks the provider with this credential, and uses it from here on where it is taken. */
export async function check(deps: ObjectsDeps, storeId: string, generation: number): Promise<Outcome<void>> {
  const row = await store.findStore(deps.db, storeId);
  const credential = await store.findCredential(deps.db, storeId, generation);
  if (!row || !credential) return storeNotFound('of this operation');
  const secretAccessKey = await deps.open(
    row.project_id,
    credentialBinding(storeId, generation),
    credential.sealed,
  );
  if (isRefusal(secretAccessKey)) return secretAccessKey;
  const { endpoint, region, bucket } = row;
  const access = await deps.provider.check({
    endpoint,
    region,
    bucket,
    accessKeyId: credential.access_key_id,
    secretAccessKey,
  });
  if (isRefusal(access)) return access;
  await store.useCredential(deps.db, storeId, generation, access);
}
