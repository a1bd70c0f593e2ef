import type { MailServer } from '../../adapters/mail/port.ts';
import { alert, settle } from '../../engine/alert.ts';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import type { MailDeps } from './deps.ts';
import { letterUnknown } from './errors.ts';
import { pause } from './plan.ts';
import { wordsOf } from './render.ts';
import * as store from './store.ts';

/** Letters of one round. */
const ROUND = 20;
/** Milliseconds that the server may fail before somebody has to know. */
const STUCK = 600_000;
const CODE = 'mail_stuck';
const SUBJECT = 'mail';

/** Sends one letter. */
export async function deliver(
  deps: MailDeps,
  server: MailServer,
  row: store.LetterRow,
): Promise<Outcome<void>> {
  const words = wordsOf({ kind: row.kind, detail: row.detail, createdAt: row.created_at }, deps.host);
  if (!words) return letterUnknown(row.kind);
  const said = await deps.mail.send(server, { id: row.id, from: deps.from, to: row.address, ...words });
  if (!isRefusal(said)) await store.sent(deps.db, row.id, deps.now());
  return said;
}

/** Nothing mends this letter. */
const isForGood = ({ code }: Refusal): boolean => code === 'mail_refused' || code === 'mail_letter_unknown';
/** It is of this letter or its recipient: the next one may well go. */
const isItsOwn = (why: Refusal): boolean => isForGood(why) || why.code === 'mail_postponed';

async function putOff(deps: MailDeps, row: store.LetterRow, why: Refusal): Promise<void> {
  const now = deps.now();
  const wait = isForGood(why) ? undefined : pause(row.tries + 1);
  const next = wait === undefined ? null : new Date(now.getTime() + wait);
  await store.notTaken(deps.db, row.id, why.message, next, now);
}

/** Nothing goes out: noted, and after ten minutes somebody knows. */
async function stuck(deps: MailDeps, why: Refusal): Promise<void> {
  const since = await store.failing(deps.db, why.message, deps.now());
  if (deps.now().getTime() - since.getTime() < STUCK) return;
  await alert(deps.db, {
    ...{ severity: 'warning', code: CODE, subject: SUBJECT },
    message: `No mail has gone out since ${since.toISOString()}: ${why.message}`,
    next: why.next,
  });
}

/** Sends what waits, in its order; where the server takes nothing, asks it once a round. */
export async function sendLetters(deps: MailDeps): Promise<void> {
  const due = await store.due(deps.db, deps.now(), ROUND);
  if (due.length === 0) return;
  const server = await deps.server();
  if (isRefusal(server)) return stuck(deps, server);
  if (!server) return;
  for (const row of due) {
    const said = await deliver(deps, server, row);
    if (!isRefusal(said)) await settle(deps.db, CODE, SUBJECT);
    else {
      await putOff(deps, row, said);
      if (!isItsOwn(said)) return stuck(deps, said);
    }
  }
}

/** Takes away letters, and the addresses on them, a month after they went. */
export const dropOldLetters = (deps: Pick<MailDeps, 'db'>): Promise<void> => store.dropOld(deps.db);
