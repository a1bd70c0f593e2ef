import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Io } from './io.ts';

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/** A line from the person at the terminal; `hidden` does not show what is typed. */
export async function ask(io: Io, question: string, hidden = false): Promise<string> {
  if (hidden) process.stdout.write(question);
  const output = hidden ? nowhere() : process.stdout;
  const lines = createInterface({ input: io.stdin, output, terminal: true });
  try {
    return (await lines.question(hidden ? '' : question, { signal: io.signal })).trim();
  } finally {
    lines.close();
    if (hidden) process.stdout.write('\n');
  }
}

export type Asker = (question: string, hidden?: boolean) => Promise<string>;

/** One question after another: at a terminal from the person, else line by line from standard input. */
export function asker(io: Io): Asker {
  if (io.interactive && !io.print.json) return (question, hidden) => ask(io, question, hidden);
  let lines: string[] | undefined;
  return async () => {
    lines ??= (await text(io.stdin)).split('\n');
    return (lines.shift() ?? '').trim();
  };
}
