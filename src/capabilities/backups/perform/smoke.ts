import { randomBytes } from 'node:crypto';
import type { DatabaseEngine, Session } from '../../../adapters/databases/port.ts';
import { isRefusal, type Refusal } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import type { BackupsDeps } from '../deps.ts';
import { smokeFailed, smokeUnusable } from '../errors.ts';
import * as store from '../store.ts';

/** What came of the project's own queries. One that could not be asked says nothing of the backup. */
export type Smoke =
  | { readonly state: 'none' | 'holds' }
  | { readonly state: 'fails' | 'unusable'; readonly why: Refusal };

/** What no query answers that means yes. */
const NO = new Set(['', 'f', 'false', '0', 'NULL']);

/**
 * Asks a restored copy what its project wants it to answer, as an ordinary user of that database with a password for
 * this once. The queries come with a tenant's source: they are asked of nothing but a server that nobody else reaches
 * and that is taken apart afterwards.
 */
export async function smoke(
  deps: Pick<BackupsDeps, 'db'>,
  of: {
    readonly engine: DatabaseEngine;
    readonly session: Session;
    readonly sourceId: string;
    readonly signal: AbortSignal;
  },
): Promise<Smoke> {
  const { engine, session, signal } = of;
  const queries = await store.smokeQueries(deps.db, of.sourceId);
  if (queries.length === 0) return { state: 'none' };
  const credential = {
    user: engine.user(session.instance, 1),
    password: new Secret(randomBytes(32).toString('base64url')),
  };
  const made = await engine.setUser(session, credential);
  if (isRefusal(made)) return { state: 'unusable', why: made };
  let unusable: Refusal | undefined;
  for (const { from, query } of queries) {
    const answer = await engine.ask(session, credential, query, signal);
    if (isRefusal(answer)) unusable ??= smokeUnusable(from, answer.message);
    else if (NO.has(answer.trim()))
      return { state: 'fails', why: smokeFailed(from, 'it answers with nothing true') };
  }
  return unusable ? { state: 'unusable', why: unusable } : { state: 'holds' };
}
