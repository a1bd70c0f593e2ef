import { type Kysely, sql } from 'kysely';
import { memoryRootKeys } from '../../../adapters/envelope/memory.ts';
import type { OpenId } from '../../../adapters/openid/port.ts';
import type { Database } from '../../../db/schema.ts';
import type { Table } from '../../../engine/capability.ts';
import { claim } from '../../../engine/journal.ts';
import { runOperation } from '../../../engine/run.ts';
import { Secret } from '../../../kernel/secret.ts';
import type { AccessDeps } from '../deps.ts';
import { accessKinds } from '../kinds.ts';
import { performAccess } from '../perform.ts';

/** What the API of tests keeps client secrets under on their way (api/testing.ts). */
const accountsKey = new Secret(Buffer.alloc(32, 7).toString('base64url'));

/** The agent's half of access: carries out what waits, with the rights of the agent and no others. */
export function testAgent(db: Kysely<Database>, openid: OpenId, now: () => Date) {
  const deps: AccessDeps = { db, openid, roots: memoryRootKeys(), accountsKey, now };
  const kinds = accessKinds(deps);
  const table: Table = {
    kinds: new Map(kinds.map((kind) => [kind.kind, kind])),
    performers: new Map([['access', performAccess(deps)]]),
  };
  const next = async (): Promise<boolean> => {
    const operation = await claim(db, 'test', [...table.kinds.keys()]);
    if (!operation) return false;
    await runOperation(db, table, operation, new AbortController().signal);
    return true;
  };
  return {
    deps,
    next,
    /** Everything that waits now. */
    async work(): Promise<void> {
      await sql`set role bastide_agent`.execute(db);
      try {
        while (await next());
      } finally {
        await sql`reset role`.execute(db);
      }
    },
  };
}
