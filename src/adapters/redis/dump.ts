import { PassThrough, type Readable, type Writable } from 'node:stream';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import {
  databaseAnswerUnreadable,
  databaseCommandFailed,
  databaseDumpIncomplete,
  databaseDumpTruncated,
} from '../databases/errors.ts';
import type { Manifest, Session } from '../databases/port.ts';
import * as commands from './commands.ts';
import { KeyCount, logFailed, logRuns, snapshotFailed, snapshotRuns } from './parse.ts';

/** Writes wait at most this long: a dump that is given up lets them go. */
const PAUSE_MS = 120_000;

/** A command as the platform; what it printed. `what` says what was asked for, should it fail. */
export async function administer(
  { instance, run }: Session,
  what: string,
  ...words: string[]
): Promise<Outcome<string>> {
  const ran = await run(commands.administer(...words));
  if (isRefusal(ran)) return ran;
  return ran.code === 0 ? ran.stdout : databaseCommandFailed(instance.name, what, ran.stderr || ran.stdout);
}

async function settled(
  session: Session,
  runs: (info: string) => boolean,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  for (;;) {
    const info = await administer(session, 'say how it is', 'INFO', 'persistence');
    if (isRefusal(info) || !runs(info)) return info;
    if (signal.aborted) return databaseCommandFailed(session.instance.name, 'go on', 'it was called off');
    await sleep(200);
  }
}

export async function manifest(session: Session, signal: AbortSignal): Promise<Outcome<Manifest>> {
  const count = new KeyCount();
  const stdout = new PassThrough();
  stdout.setEncoding('latin1').on('data', (chunk: string) => count.take(chunk));
  const done = await session.stream(commands.keys(), { stdout, signal });
  stdout.end();
  if (isRefusal(done)) return done;
  if (done.code !== 0) return databaseCommandFailed(session.instance.name, 'count its keys', done.stderr);
  const functions = await administer(session, 'name its functions', 'FUNCTION', 'LIST', 'WITHCODE');
  if (isRefusal(functions)) return functions;
  return count.manifest(functions) ?? databaseAnswerUnreadable(session.instance.name, 'its manifest');
}

/** Begins a snapshot and counts the keys while nobody can write, so that both are of one moment. */
async function snapshot(session: Session, signal: AbortSignal): Promise<Outcome<Manifest>> {
  const quiet = await settled(session, (info) => logRuns(info) || snapshotRuns(info), signal);
  if (isRefusal(quiet)) return quiet;
  const paused = await administer(session, 'pause', 'CLIENT', 'PAUSE', String(PAUSE_MS), 'WRITE');
  if (isRefusal(paused)) return paused;
  try {
    const begun = await administer(session, 'begin a snapshot', 'BGSAVE');
    return isRefusal(begun) ? begun : await manifest(session, signal);
  } finally {
    await administer(session, 'go on', 'CLIENT', 'UNPAUSE');
  }
}

/** The server's own snapshot, whole, and what is in it. */
export async function dump(session: Session, out: Writable, signal: AbortSignal): Promise<Outcome<Manifest>> {
  const { instance } = session;
  const made = await snapshot(session, signal);
  if (isRefusal(made)) return made;
  const ended = await settled(session, snapshotRuns, signal);
  if (isRefusal(ended)) return ended;
  if (snapshotFailed(ended)) return databaseDumpIncomplete(instance.name, 'it could not be written');
  const read = await session.stream(commands.readSnapshot(), { stdout: out, signal });
  await session.run(commands.forgetSnapshot());
  if (isRefusal(read)) return read;
  return read.code === 0 ? made : databaseDumpIncomplete(instance.name, read.stderr);
}

async function moved({ instance, run }: Session): Promise<Outcome<string>> {
  const ran = await run(commands.useSnapshot());
  if (isRefusal(ran)) return ran;
  return ran.code === 0 ? '' : databaseCommandFailed(instance.name, 'use the dump', ran.stderr);
}

/** Takes the place of everything that was there; the file is judged before anything is touched. */
export async function restore(session: Session, from: Readable, signal: AbortSignal): Promise<Outcome<void>> {
  const { instance } = session;
  const sink = new PassThrough().resume();
  const taken = await session.stream(commands.takeSnapshot(), { stdin: from, stdout: sink, signal });
  if (isRefusal(taken)) return taken;
  if (taken.code !== 0) return databaseCommandFailed(instance.name, 'take the dump', taken.stderr);
  const checked = await session.run(commands.checkSnapshot());
  if (isRefusal(checked)) return checked;
  if (checked.code !== 0) {
    await session.run(commands.forgetSnapshot());
    return databaseDumpTruncated(instance.name);
  }
  // With the log off a crash in between leaves the old content, and the new one is logged as a whole afterwards.
  const steps = [
    () => administer(session, 'stop its log', 'CONFIG', 'SET', 'appendonly', 'no'),
    () => moved(session),
    () => administer(session, 'read the dump back', 'DEBUG', 'RELOAD', 'NOSAVE'),
    () => administer(session, 'begin its log', 'CONFIG', 'SET', 'appendonly', 'yes'),
  ];
  for (const step of steps) {
    const done = await step();
    if (isRefusal(done)) return done;
  }
  const logged = await settled(session, logRuns, signal);
  if (isRefusal(logged)) return logged;
  await session.run(commands.forgetSnapshot());
  return logFailed(logged)
    ? databaseCommandFailed(instance.name, 'log the dump', 'it could not be written')
    : undefined;
}
