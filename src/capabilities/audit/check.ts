import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { NoteKey } from '../../kernel/note.ts';
import type { Verdict } from './faults.ts';
import { checkpoints } from './store/leaves.ts';
import * as store from './store/lines.ts';
import { statements } from './store/retention.ts';
import { type Held, verifier } from './verify.ts';

const PAGE = 2000;
/** Seconds in which everything is sealed. */
export const SEALED_WITHIN = 60;

/**
 * Verifies the whole log as it is in the database, in one snapshot, against its own checkpoints and those that
 * witnesses hold. `origin` is the key's name.
 */
export const checkLog = (
  db: Kysely<Database>,
  key: NoteKey,
  witnessed: readonly Held[],
  seen: (entries: number) => void = () => {},
): Promise<Verdict> =>
  store.snapshot(db, async (tx) => {
    const held = [...witnessed];
    for (let after = -1; ; ) {
      const page = await checkpoints(tx, after);
      held.push(...page.map(({ note }) => ({ by: 'log', note })));
      const last = page.at(-1);
      if (!last) break;
      after = last.size;
    }
    const check = verifier(key.name, key, held, await statements(tx));
    for (let from = 0; ; ) {
      const page = await store.lines(tx, from, PAGE);
      for (const line of page) check.add(line);
      const last = page.at(-1);
      if (!last) break;
      from = last.index + 1;
      seen(from);
    }
    for (const { seq, at, waits } of await store.loose(tx, SEALED_WITHIN, 100))
      check.fault(
        waits ? 'unsealed' : 'inserted',
        { seq, time: at },
        waits
          ? `it was not sealed within ${SEALED_WITHIN} seconds`
          : 'it did not come in by the way that entries take',
      );
    return check.end();
  });
