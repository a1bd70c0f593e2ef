import { connect } from 'node:net';
import type { Millis } from '../../kernel/time.ts';
import { sleep } from '../../kernel/time.ts';

const GREETING = /^SSH-2\.0-/;
const ONCE: Millis = 2000;
const BETWEEN: Millis = 100;

/** Whether a server of SSH greets at a port of this machine (RFC 4253, 4.2). */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: ONCE });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (text) => end(GREETING.test(text.toString('latin1'))));
    for (const event of ['error', 'timeout', 'close'] as const) socket.once(event, () => end(false));
  });
}

/** The same within a time: true as soon as it does. */
export async function greetsWithin(port: number, patience: Millis): Promise<boolean> {
  const until = Date.now() + patience;
  for (;;) {
    if (await greets(port)) return true;
    if (Date.now() > until) return false;
    await sleep(BETWEEN);
  }
}
