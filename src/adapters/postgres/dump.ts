import { once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import {
  databaseAnswerUnreadable,
  databaseCommandFailed,
  databaseDumpIncomplete,
} from '../databases/errors.ts';
import type { Manifest, Session } from '../databases/port.ts';
import * as commands from './commands.ts';
import { parseManifest, parseSnapshot } from './parse.ts';
import { renderManifest, renderSnapshot } from './render/queries.ts';

interface Held {
  readonly snapshot: string;
  /** The manifest of what the snapshot shows; ends the session. */
  manifest(): Promise<Outcome<Manifest>>;
  release(): Promise<void>;
}

/** A session that keeps one snapshot open, so that a dump and its manifest see the very same rows. */
async function hold(session: Session, signal: AbortSignal): Promise<Outcome<Held>> {
  const { name } = session.instance;
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  let text = '';
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    stdout.emit('more');
  });
  const ended = session.stream(commands.psqlKeeper(session.instance), { stdin, stdout, signal });
  let over = false;
  void ended.then(() => {
    over = true;
    stdout.emit('more');
  });
  stdin.write(renderSnapshot());
  while (!text.includes('\n') && !over) await once(stdout, 'more');
  const first = text.slice(0, text.indexOf('\n'));
  const snapshot = parseSnapshot(first);

  const finish = async (last: string): Promise<Outcome<void>> => {
    stdin.end(last);
    const done = await ended;
    if (isRefusal(done)) return done;
    return done.code === 0 ? undefined : databaseCommandFailed(name, 'read its tables', done.stderr);
  };
  if (!snapshot) {
    const done = await finish('\\q\n');
    return isRefusal(done) ? done : databaseAnswerUnreadable(name, 'a snapshot');
  }
  return {
    snapshot,
    async manifest() {
      const done = await finish(renderManifest());
      if (isRefusal(done)) return done;
      return parseManifest(text.slice(first.length + 1)) ?? databaseAnswerUnreadable(name, 'its manifest');
    },
    async release() {
      await finish('ROLLBACK;\n\\q\n');
    },
  };
}

export async function manifest(session: Session, signal: AbortSignal): Promise<Outcome<Manifest>> {
  const held = await hold(session, signal);
  return isRefusal(held) ? held : held.manifest();
}

export async function dump(session: Session, out: Writable, signal: AbortSignal): Promise<Outcome<Manifest>> {
  const held = await hold(session, signal);
  if (isRefusal(held)) return held;
  const argv = commands.dump(session.instance, held.snapshot);
  const done = await session.stream(argv, { stdout: out, signal });
  if (isRefusal(done) || done.code !== 0) {
    await held.release();
    return isRefusal(done) ? done : databaseDumpIncomplete(session.instance.name, done.stderr);
  }
  return held.manifest();
}
