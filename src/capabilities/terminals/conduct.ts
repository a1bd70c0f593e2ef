import type { Terminal } from '../../adapters/docker/port.ts';
import type { Line } from '../../adapters/relay/port.ts';
import type { StepContext } from '../../engine/capability.ts';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { pieces, type SessionOptions } from '../../kernel/terminal.ts';
import type { TerminalsDeps } from './deps.ts';
import {
  recordingFailed,
  sessionIdle,
  sessionInterrupted,
  sessionLeft,
  sessionTimeOver,
  tooManySessions,
} from './errors.ts';
import { type Conduct, SESSIONS_AT_A_TIME } from './model.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import * as store from './store.ts';

type Session = SessionOptions & { readonly target: string };

/** Why a session ends before its program does: the first reason counts. */
class Ending {
  #refusal: Refusal | undefined;
  readonly #stop = new AbortController();
  readonly signal = this.#stop.signal;
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }
  end(refusal: Refusal): void {
    this.#refusal ??= refusal;
    this.#stop.abort();
  }
}

/** A recording with its row; a session that has to be recorded begins with neither missing. */
async function record(deps: TerminalsDeps, context: StepContext, session: Session) {
  const recorder = await openRecorder(deps.recordings, context.operation.id, session);
  if (isRefusal(recorder)) return recorder;
  try {
    await store.beginRecording(deps.db, context.operation, session.target);
    return recorder;
  } catch (error) {
    await recorder.close();
    return recordingFailed(error instanceof Error ? error.message : String(error));
  }
}

/** What the person sends goes to the program, after it was kept. */
async function toProgram(
  line: Line,
  terminal: Terminal,
  recorder: Recorder | undefined,
  ending: Ending,
  touch: () => void,
): Promise<void> {
  for await (const message of line.input) {
    touch();
    if (message.type === 'end') terminal.end();
    else if (message.type === 'resize') {
      const kept = await recorder?.resized(message);
      if (isRefusal(kept)) return ending.end(kept);
      await terminal.resize(message);
    } else {
      const kept = await recorder?.typed(message.data);
      if (isRefusal(kept)) return ending.end(kept);
      await terminal.write(message.data);
    }
  }
}

/** What the program says goes to the person, after it was kept, at the person's pace. */
async function toPerson(
  line: Line,
  terminal: Terminal,
  recorder: Recorder | undefined,
  ending: Ending,
  touch: () => void,
): Promise<void> {
  for await (const { source, data } of terminal.output) {
    touch();
    const kept = await recorder?.shown(source, data);
    if (isRefusal(kept)) return ending.end(kept);
    for (const piece of pieces(data)) await line.send(source, piece);
  }
}

/** Runs the program between the person and the engine until one of them, or a bound, ends it. */
async function converse(
  deps: TerminalsDeps,
  session: Session,
  line: Line,
  recorder: Recorder | undefined,
  terminal: Terminal,
  ending: Ending,
): Promise<Outcome<{ code: number }>> {
  const idle = () => ending.end(sessionIdle(Math.round(deps.idleMs / 60_000)));
  let idling = setTimeout(idle, deps.idleMs);
  const touch = () => {
    clearTimeout(idling);
    idling = setTimeout(idle, deps.idleMs);
  };
  const over = setTimeout(() => ending.end(sessionTimeOver(session.seconds)), session.seconds * 1000);
  const stopped = new Promise<void>((resolve) => {
    if (ending.signal.aborted) resolve();
    ending.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await line.tell({ type: 'started', recorded: recorder !== undefined });
    const typing = toProgram(line, terminal, recorder, ending, touch).catch(() => ending.end(sessionLeft()));
    const showing = toPerson(line, terminal, recorder, ending, touch).catch(() => undefined);
    await Promise.race([showing, stopped]);
    if (ending.refusal) return ending.refusal;
    const ended = await terminal.ended();
    void typing;
    return ended;
  } finally {
    clearTimeout(idling);
    clearTimeout(over);
    await terminal.kill();
  }
}

/** Makes what capabilities join people's terminals with. One of these is all there is in an agent: it counts. */
export function makeConduct(deps: TerminalsDeps): Conduct {
  const open = new Map<string, number>();

  const attended: Conduct = async (context, session, start) => {
    const line = await deps.relay.dial(context.operation.id);
    if (isRefusal(line)) return line;
    const ending = new Ending();
    const left = () => ending.end(sessionLeft());
    const stopped = () => ending.end(sessionInterrupted());
    line.gone.addEventListener('abort', left, { once: true });
    context.signal.addEventListener('abort', stopped, { once: true });
    if (line.gone.aborted) left();
    if (context.signal.aborted) stopped();

    const talk = async (): Promise<Outcome<{ code: number }>> => {
      const joined = await line.joined(deps.joinMs);
      if (isRefusal(joined)) return joined;
      const recorder = session.record ? await record(deps, context, session) : undefined;
      if (isRefusal(recorder)) return recorder;
      const run = async (): Promise<Outcome<{ code: number }>> => {
        const program = await start(ending.signal);
        if (isRefusal(program)) return ending.refusal ?? program;
        if (ending.refusal) return ending.refusal;
        const terminal = await deps.engine.execTerminal(program.container, program.argv, {
          env: { ...program.env, ...(session.terminal ? { TERM: session.term } : {}) },
          ...(program.user ? { user: program.user } : {}),
          ...(session.terminal ? { size: session.terminal } : {}),
        });
        if (isRefusal(terminal)) return terminal;
        return converse(deps, session, line, recorder, terminal, ending);
      };
      const outcome = await run();
      if (!recorder) return outcome;
      const kept = await recorder.close();
      const because = isRefusal(outcome) ? outcome.code : isRefusal(kept) ? kept.code : null;
      const size = isRefusal(kept) ? { bytes: null, sha256: null } : kept;
      await store.endRecording(deps.db, context.operation.id, { because, ...size });
      return isRefusal(kept) ? kept : outcome;
    };
    try {
      const outcome = await talk();
      if (isRefusal(outcome)) await line.refuse(outcome);
      else await line.tell({ type: 'exit', code: outcome.code });
      return outcome;
    } finally {
      context.signal.removeEventListener('abort', stopped);
      line.close();
    }
  };

  return async (context, session, start) => {
    const organization = context.operation.organizationId ?? '';
    const count = open.get(organization) ?? 0;
    if (count >= SESSIONS_AT_A_TIME) return tooManySessions(SESSIONS_AT_A_TIME);
    open.set(organization, count + 1);
    try {
      return await attended(context, session, start);
    } finally {
      const rest = (open.get(organization) ?? 1) - 1;
      if (rest > 0) open.set(organization, rest);
      else open.delete(organization);
    }
  };
}
