import { randomBytes } from 'node:crypto';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { databaseCommandFailed, databaseDumpTruncated } from '../databases/errors.ts';
import type { Session } from '../databases/port.ts';
import * as commands from './commands.ts';
import { parseMakers, TRAILER } from './parse.ts';
import * as users from './render/users.ts';

/** Runs statements as the administrator and gives what they printed. */
export async function statements(session: Session, text: string, what: string): Promise<Outcome<string>> {
  const ran = await session.run(commands.administer(), new Secret(text));
  if (isRefusal(ran)) return ran;
  return ran.code === 0 ? ran.stdout : databaseCommandFailed(session.instance.name, what, ran.stderr);
}

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

/** Everybody whom the restored objects name is there again, without a way in; a name that is nobody's is refused. */
async function makers(session: Session): Promise<Outcome<void>> {
  const named = await statements(
    session,
    users.renderMakers(session.instance),
    'name the makers of its objects',
  );
  if (isRefusal(named)) return named;
  const { users: absent, strange } = parseMakers(named);
  if (strange.length > 0)
    return databaseCommandFailed(
      session.instance.name,
      'take objects',
      `they belong to ${strange.join(', ')}`,
    );
  for (const user of absent) {
    const made = await statements(session, users.renderAbsentMaker(session.instance, user), 'name a maker');
    if (isRefusal(made)) return made;
  }
}

export async function restore(session: Session, from: Readable, signal: AbortSignal): Promise<Outcome<void>> {
  const password = new Secret(randomBytes(32).toString('base64url'));
  const restorer = users.renderRestorer(session.instance, users.verifierOf(password));
  const allowed = await statements(session, restorer, 'get ready for a dump');
  if (isRefusal(allowed)) return allowed;
  const { through, whole } = watched();
  const feeding = pipeline(from, through).catch(() => {});
  const stdout = new PassThrough().resume();
  const done = await session.stream(commands.restore(session.instance), {
    stdin: through,
    stdout,
    signal,
    env: { MYSQL_PWD: password },
  });
  through.destroy();
  await feeding;
  const disallowed = await statements(session, users.renderNoRestorer(), 'end the reading of a dump');
  if (isRefusal(done)) return done;
  if (done.code !== 0) return databaseCommandFailed(session.instance.name, 'read the dump back', done.stderr);
  if (!whole()) return databaseDumpTruncated(session.instance.name);
  return isRefusal(disallowed) ? disallowed : makers(session);
}
