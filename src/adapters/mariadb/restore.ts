import { randomBytes } from 'node:crypto';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { databaseCommandFailed, databaseDumpTruncated } from '../databases/errors.ts';
import type { Session } from '../databases/port.ts';
import * as commands from './commands.ts';
import { parseHeader, parseMakers, TRAILER } from './parse.ts';
import * as renders from './render/users.ts';
import { statements } from './statements.ts';

/** Passes on, and knows how it ended. */
function watched(): { readonly through: Transform; readonly whole: () => boolean } {
  const wanted = Buffer.from(TRAILER);
  let last = Buffer.alloc(0);
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      last = Buffer.concat([last, chunk.subarray(-wanted.length)]).subarray(-wanted.length);
      done(null, chunk);
    },
  });
  return { through, whole: () => last.equals(wanted) };
}

/** They are there again, without a way in. */
async function ensureMakers(session: Session, users: readonly string[]): Promise<Outcome<void>> {
  for (const user of users) {
    const text = renders.renderAbsentMaker(session.instance, user);
    const made = await statements(session, text, 'name a maker');
    if (isRefusal(made)) return made;
  }
}

/** Everything that was read back belongs to users of a database; a name that is somebody else's is refused. */
async function judgeMakers(session: Session): Promise<Outcome<void>> {
  const text = renders.renderMakers(session.instance);
  const named = await statements(session, text, 'name the makers of its objects');
  if (isRefusal(named)) return named;
  const { users, strange } = parseMakers(named);
  return strange.length > 0
    ? databaseCommandFailed(session.instance.name, 'take objects', `they belong to ${strange.join(', ')}`)
    : ensureMakers(session, users);
}

interface Opened {
  readonly line: string;
  /** The whole text again, its first line included. */
  readonly all: Readable;
}

/** Reads the first line and gives it back with the rest. */
async function firstLine(from: Readable): Promise<Opened> {
  const chunks = from[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (!head.includes(10) && head.length < 1024 * 1024) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value as Buffer]);
  }
  async function* all() {
    yield head;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value as Buffer;
  }
  return { line: head.toString('utf8').split('\n')[0]!, all: Readable.from(all()) };
}

export async function restore(session: Session, from: Readable, signal: AbortSignal): Promise<Outcome<void>> {
  const { line, all } = await firstLine(from);
  const makers = parseHeader(line);
  if (!makers) return databaseDumpTruncated(session.instance.name);
  const ready = await ensureMakers(session, makers);
  if (isRefusal(ready)) return ready;
  const password = new Secret(randomBytes(32).toString('base64url'));
  const restorer = renders.renderRestorer(session.instance, renders.verifierOf(password));
  const allowed = await statements(session, restorer, 'get ready for a dump');
  if (isRefusal(allowed)) return allowed;
  const { through, whole } = watched();
  const feeding = pipeline(all, through).catch(() => {});
  const stdout = new PassThrough().resume();
  const done = await session.stream(commands.restore(session.instance), {
    stdin: through,
    stdout,
    signal,
    env: { MYSQL_PWD: password },
  });
  through.destroy();
  await feeding;
  const disallowed = await statements(session, renders.renderNoRestorer(), 'end the reading of a dump');
  if (isRefusal(done)) return done;
  if (done.code !== 0) return databaseCommandFailed(session.instance.name, 'read the dump back', done.stderr);
  if (!whole()) return databaseDumpTruncated(session.instance.name);
  return isRefusal(disallowed) ? disallowed : judgeMakers(session);
}
