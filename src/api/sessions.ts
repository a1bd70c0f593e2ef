import type { WebSocket } from 'ws';
import type { Refusal } from '../kernel/refusal.ts';
import { JOINED, type ToPerson } from '../kernel/terminal.ts';

/** Bytes that wait for a slow reader before the other side is told to wait. */
const HIGH = 512 * 1024;
const LOW = 64 * 1024;
/** Milliseconds between two questions whether somebody is still there; the second one unanswered ends it. */
const PING_MS = 15_000;
const OVER = 1000;

/** Passes messages on as they are, and no faster than they are read. */
function relay(from: WebSocket, to: WebSocket): void {
  from.on('message', (data, binary) => {
    to.send(data, { binary }, () => {
      if (from.isPaused && to.bufferedAmount <= LOW) from.resume();
    });
    if (to.bufferedAmount > HIGH) from.pause();
  });
}

/** Ends a connection whose other end is gone without a word. */
export function watchHalfOpen(ws: WebSocket, everyMs = PING_MS): void {
  let heard = true;
  ws.on('pong', () => {
    heard = true;
  });
  const timer = setInterval(() => {
    // One that is behind with reading answers later.
    if (!heard && ws.bufferedAmount === 0) return ws.terminate();
    heard = false;
    ws.ping();
  }, everyMs);
  ws.on('close', () => clearInterval(timer));
}

/** Nobody is there yet to hear it, and nobody of ours would say it. */
function spokeEarly(this: WebSocket): void {
  this.terminate();
}

interface Pair {
  person?: WebSocket;
  agent?: WebSocket;
}

/** Where people's connections and the agent's meet, by operation. What it passes on it does not look into. */
export class Sessions {
  readonly #pairs = new Map<string, Pair>();

  taken(operationId: string, side: keyof Pair): boolean {
    return this.#pairs.get(operationId)?.[side] !== undefined;
  }

  join(operationId: string, side: keyof Pair, ws: WebSocket): void {
    const pair = this.#pairs.get(operationId) ?? {};
    if (pair[side]) {
      ws.close(OVER);
      return;
    }
    pair[side] = ws;
    this.#pairs.set(operationId, pair);
    watchHalfOpen(ws);
    // 'close' follows.
    ws.on('error', () => undefined);
    ws.on('close', () => this.#end(operationId));
    ws.on('message', spokeEarly);
    const { person, agent } = pair;
    if (!person || !agent) return;
    for (const one of [person, agent]) one.off('message', spokeEarly);
    relay(person, agent);
    relay(agent, person);
    agent.send(JOINED);
  }

  /** Ends a session, with the reason for the person. */
  refuse(operationId: string, { code, message, next }: Refusal): void {
    const told: ToPerson = { type: 'refused', code, message, next };
    const person = this.#pairs.get(operationId)?.person;
    if (person?.readyState === person?.OPEN) person?.send(JSON.stringify(told));
    this.#end(operationId);
  }

  #end(operationId: string): void {
    const pair = this.#pairs.get(operationId);
    this.#pairs.delete(operationId);
    for (const ws of [pair?.person, pair?.agent]) {
      if (!ws) continue;
      // What was sent goes out before; a side that was told to wait would never hear of the end.
      ws.resume();
      ws.close(OVER);
    }
  }

  close(): void {
    for (const id of [...this.#pairs.keys()]) this.#end(id);
  }
}
