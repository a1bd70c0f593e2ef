import type { RawData, WebSocket } from 'ws';
import { isRefusal, type Outcome, refusalFrom } from '../kernel/refusal.ts';
import { type FromPerson, pack, pieces, readMessage, ToPerson, unpack } from '../kernel/terminal.ts';
import { sessionBroken, stoppedSession } from './errors.ts';
import type { Io } from './io.ts';

/** What a session needs of whoever sits at it. */
export type SessionIo = Pick<Io, 'api' | 'print' | 'stdin' | 'interactive' | 'terminal' | 'signal'>;

/** Bytes typed that wait for a slow program before no more is read. */
const HIGH = 256 * 1024;

const bytes = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);

export interface JoinOptions {
  /** The person's keys and size go to the program; without it only what comes back counts. */
  readonly typing: boolean;
  readonly tty: boolean;
  readonly onOutput: (source: 'stdout' | 'stderr', data: Buffer) => boolean;
}

/** Sends standard input as it comes, no faster than it is taken, and its end. */
function type(io: SessionIo, ws: WebSocket): () => void {
  const { stdin } = io;
  const send = (data: Buffer) => {
    for (const piece of pieces(data))
      ws.send(pack('stdin', piece), () => {
        if (ws.bufferedAmount < HIGH && stdin.isPaused()) stdin.resume();
      });
    if (ws.bufferedAmount > HIGH) stdin.pause();
  };
  const end = () => ws.send(JSON.stringify({ type: 'end' } satisfies FromPerson));
  stdin.on('data', send);
  stdin.on('end', end);
  stdin.on('error', end);
  return () => {
    stdin.off('data', send);
    stdin.off('end', end);
    stdin.pause();
  };
}

/**
 * Joins this terminal to a session until its program ends; gives its exit code. What went wrong at the other end is its
 * refusal. The terminal is as it was before, whatever happens.
 */
export async function join(io: SessionIo, at: string, options: JoinOptions): Promise<Outcome<number>> {
  const ws = await io.api.socket(at);
  if (isRefusal(ws)) return ws;
  const { promise, resolve } = Promise.withResolvers<Outcome<number>>();
  let stopTyping = (): void => undefined;
  let stopResizing = (): void => undefined;

  const told = (text: string) => {
    const message = readMessage(ToPerson, text);
    if (message?.type === 'exit') resolve(message.code);
    if (message?.type === 'refused') resolve(refusalFrom(message));
    if (message?.type !== 'started') return;
    if (message.recorded) io.print.raw('This session is recorded.\n', 'stderr');
    if (!options.typing) return ws.send(JSON.stringify({ type: 'end' } satisfies FromPerson));
    if (options.tty) {
      io.terminal.raw(true);
      stopResizing = io.terminal.onResize((size) => ws.send(JSON.stringify({ type: 'resize', ...size })));
    }
    stopTyping = type(io, ws);
  };
  ws.on('message', (data, binary) => {
    if (!binary) return told(bytes(data).toString('utf8'));
    const piece = unpack(bytes(data));
    if (!piece || piece.channel === 'stdin') return;
    if (options.onOutput(piece.channel, piece.data)) return;
    ws.pause();
    void io.terminal.drained().then(() => ws.resume());
  });
  ws.on('close', () => resolve(sessionBroken()));
  ws.resume();
  const interrupted = () => resolve(stoppedSession());
  io.signal.addEventListener('abort', interrupted, { once: true });
  try {
    return await promise;
  } finally {
    stopTyping();
    stopResizing();
    if (options.tty) io.terminal.raw(false);
    io.signal.removeEventListener('abort', interrupted);
    ws.close();
    ws.terminate();
  }
}
