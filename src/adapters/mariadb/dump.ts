import type { Writable } from 'node:stream';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import {
  databaseAnswerUnreadable,
  databaseChanged,
  databaseCommandFailed,
  databaseDumpIncomplete,
} from '../databases/errors.ts';
import type { Manifest, Session } from '../databases/port.ts';
import * as commands from './commands.ts';
import { header, parseColumns, parseMakers, parseRows, schemaHash, TRAILER } from './parse.ts';
import * as queries from './render/queries.ts';
import { renderMakers } from './render/users.ts';
import { statements } from './statements.ts';
import { type Talk, talk } from './talk.ts';

async function schema({ instance, run }: Session): Promise<Outcome<string>> {
  const ran = await run(commands.schema(instance));
  if (isRefusal(ran)) return ran;
  return ran.code === 0
    ? schemaHash(ran.stdout)
    : databaseCommandFailed(instance.name, 'tell its definitions', ran.stderr);
}

/** The tables' rows as the session sees them. */
async function tables(session: Session, seen: Talk): Promise<Outcome<Manifest['tables']>> {
  const columns = await seen.say(queries.renderColumns(session.instance), 'columns end');
  if (isRefusal(columns)) return columns;
  const expected = parseColumns(columns);
  const rows = await seen.say(queries.renderRows(session.instance, expected), 'tables end');
  if (isRefusal(rows)) return rows;
  return parseRows(rows, expected) ?? databaseAnswerUnreadable(session.instance.name, 'its manifest');
}

export async function manifest(session: Session, signal: AbortSignal): Promise<Outcome<Manifest>> {
  const seen = talk(session, signal);
  try {
    const begun = await seen.say(queries.renderSnapshot(), 'snapshot');
    if (isRefusal(begun)) return begun;
    const found = await tables(session, seen);
    if (isRefusal(found)) return found;
    const definitions = await schema(session);
    return isRefusal(definitions) ? definitions : { schema: definitions, tables: found };
  } finally {
    await seen.end();
  }
}

interface Dumping {
  readonly done: Promise<Outcome<void>>;
  readonly over: () => boolean;
}

function begin(session: Session, out: Writable, signal: AbortSignal): Dumping {
  let over = false;
  const done = session
    .stream(commands.dump(session.instance), { stdout: out, signal })
    .then((ended): Outcome<void> => {
      over = true;
      if (isRefusal(ended)) return ended;
      return ended.code === 0 ? undefined : databaseDumpIncomplete(session.instance.name, ended.stderr);
    });
  return { done, over: () => over };
}

/** Begins the dump and the session that will count while nobody can commit, so that both see one moment. */
async function together(
  session: Session,
  seen: Talk,
  out: Writable,
  signal: AbortSignal,
): Promise<Outcome<Dumping>> {
  const holder = talk(session, signal);
  try {
    const held = await holder.say(queries.renderHold(), 'held');
    if (isRefusal(held)) return held;
    const begun = await seen.say(queries.renderSnapshot(), 'snapshot');
    if (isRefusal(begun)) return begun;
    const dumping = begin(session, out, signal);
    // Two: the session that counts and the dump.
    while (!dumping.over()) {
      const snapshots = await holder.ask(queries.renderSnapshots(), 'snapshots');
      if (isRefusal(snapshots)) return snapshots;
      if (Number(snapshots) >= 2) break;
      await sleep(110);
    }
    const free = await holder.say(queries.renderLetGo(), 'free');
    return isRefusal(free) ? free : dumping;
  } finally {
    // Whatever happened: the end of the session ends what it holds.
    await holder.end();
  }
}

/** The dump, and the manifest of the very moment that it shows. Definitions that changed meanwhile make it none. */
export async function dump(session: Session, out: Writable, signal: AbortSignal): Promise<Outcome<Manifest>> {
  const before = await schema(session);
  if (isRefusal(before)) return before;
  const makers = await statements(session, renderMakers(session.instance), 'name the makers of its objects');
  if (isRefusal(makers)) return makers;
  out.write(header(parseMakers(makers).users));
  const seen = talk(session, signal);
  try {
    const dumping = await together(session, seen, out, signal);
    if (isRefusal(dumping)) return dumping;
    const found = await tables(session, seen);
    const ended = await dumping.done;
    if (isRefusal(ended)) return ended;
    if (isRefusal(found)) return found;
    const after = await schema(session);
    if (isRefusal(after)) return after;
    if (after !== before) return databaseChanged(session.instance.name);
    if (!out.write(TRAILER)) await new Promise((resolve) => out.once('drain', resolve));
    return { schema: after, tables: found };
  } finally {
    await seen.end();
  }
}
