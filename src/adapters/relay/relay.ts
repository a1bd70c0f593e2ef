import { constants, type FileHandle, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import {
  type Channel,
  FromPerson,
  JOINED,
  MAX_MESSAGE,
  pack,
  readMessage,
  type ToPerson,
  unpack,
} from '../../kernel/terminal.ts';
import { sessionUnattended, sessionUnreachable } from './errors.ts';
import type { FromLine, Line, Relay } from './port.ts';

/** linux/fcntl.h: a handle on the place itself, whatever it is; nothing of it is opened. */
const O_PATH = 0o10000000;
/** Messages that wait to be read before the line is told to wait. */
const WAITING = 16;

/**
 * Connects to a socket that belongs to `owner`, and to nothing else: who owns the directory could put a link there to
 * a socket that only root may use.
 */
export async function connectTo(path: string, owner: number): Promise<Outcome<Socket>> {
  let place: FileHandle | undefined;
  try {
    place = await open(path, O_PATH | constants.O_NOFOLLOW);
    const found = await place.stat();
    if (!found.isSocket() || found.uid !== owner)
      return sessionUnreachable('its socket is not the one of the API');
    const socket = connect({ path: `/proc/self/fd/${place.fd}` });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return socket;
  } catch (error) {
    return sessionUnreachable(error instanceof Error ? error.message : String(error));
  } finally {
    await place?.close();
  }
}

const bytes = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);

/** One message of the person; undefined where it is none. */
function read(data: RawData, binary: boolean): FromLine | undefined {
  if (!binary) return readMessage(FromPerson, bytes(data).toString('utf8'));
  const piece = unpack(bytes(data));
  return piece?.channel === 'stdin' ? { type: 'data', data: piece.data } : undefined;
}

function lineOf(ws: WebSocket): Line {
  const queue: FromLine[] = [];
  const gone = new AbortController();
  const here = Promise.withResolvers<void>();
  let came = false;
  let wake = (): void => undefined;

  ws.on('message', (data, binary) => {
    if (!came) {
      came = true;
      return !binary && bytes(data).toString('utf8') === JOINED ? here.resolve() : ws.terminate();
    }
    const message = read(data, binary);
    if (!message) return ws.terminate();
    queue.push(message);
    if (queue.length >= WAITING) ws.pause();
    wake();
  });
  ws.on('close', () => {
    gone.abort();
    wake();
  });
  // 'close' follows.
  ws.on('error', () => undefined);

  async function* input(): AsyncGenerator<FromLine> {
    for (;;) {
      const message = queue.shift();
      if (message) {
        if (queue.length < WAITING && ws.isPaused) ws.resume();
        yield message;
      } else if (gone.signal.aborted) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const send = (data: Buffer | string): Promise<void> =>
    new Promise((resolve) => {
      if (ws.readyState !== WebSocket.OPEN) return resolve();
      ws.send(data, () => resolve());
    });
  const tell = (message: ToPerson) => send(JSON.stringify(message));
  return {
    async joined(ms) {
      if (gone.signal.aborted) return sessionUnattended();
      const { promise: late, resolve } = Promise.withResolvers<'late'>();
      const timer = setTimeout(() => resolve('late'), ms);
      gone.signal.addEventListener('abort', () => resolve('late'), { once: true });
      const first = await Promise.race([here.promise, late]);
      clearTimeout(timer);
      return first === 'late' ? sessionUnattended() : undefined;
    },
    input: input(),
    send: (channel: Channel, data) => send(pack(channel, data)),
    tell,
    refuse: ({ code, message, next }: Refusal) => tell({ type: 'refused', code, message, next }),
    gone: gone.signal,
    close: () => ws.close(1000),
  };
}

/** Lines through the API's socket at `path`, which belongs to the user `owner`. */
export const makeRelay = (path: string, owner: number): Relay => ({
  async dial(operationId) {
    const socket = await connectTo(path, owner);
    if (isRefusal(socket)) return socket;
    const ws = new WebSocket(`ws://api/${operationId}`, {
      createConnection: () => socket,
      maxPayload: MAX_MESSAGE,
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
    });
    const line = lineOf(ws);
    return new Promise((resolve) => {
      ws.once('open', () => resolve(line));
      ws.once('error', (error) => resolve(sessionUnreachable(error.message)));
    });
  },
});
