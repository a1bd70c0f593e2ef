import { fstatSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Size } from '../kernel/terminal.ts';
import type { Output } from './print.ts';

/** Bytes that wait for a slow reader on this side before the other is told to wait. */
const WAITING = 8 * 1024 * 1024;

/** Where a person sits, or what stands in for one. */
export interface TerminalEnd {
  /** Standard input is a file or a pipe: it goes to the program. */
  readonly piped: boolean;
  /** TERM, where it has a plain form. */
  readonly term: string | undefined;
  size(): Size | undefined;
  /** Calls back at each change of size; gives the function that stops it. */
  onResize(listener: (size: Size) => void): () => void;
  /** Keys go to the program as they are pressed, Ctrl-C too. */
  raw(on: boolean): void;
  /** False: too much waits, `drained` says when no more. */
  write(source: 'stdout' | 'stderr', data: Buffer): boolean;
  drained(): Promise<void>;
}

/** Without a terminal, as in a test. */
export const plainEnd = (out: Output, err: Output): TerminalEnd => ({
  piped: false,
  term: undefined,
  size: () => undefined,
  onResize: () => () => undefined,
  raw: () => undefined,
  write: (source, data) => {
    (source === 'stdout' ? out : err).write(data.toString('utf8'));
    return true;
  },
  drained: async () => undefined,
});

const isPiped = (fd: number): boolean => {
  try {
    const found = fstatSync(fd);
    return found.isFIFO() || found.isFile();
  } catch {
    return false;
  }
};

const within = (count: number): number => Math.max(1, Math.min(1000, count));

/** This process's own terminal. */
export function processEnd(
  stdin: ReadStream & { readonly fd: number },
  stdout: WriteStream,
  stderr: WriteStream,
  term: string | undefined,
): TerminalEnd {
  const size = (): Size | undefined =>
    stdout.isTTY ? { columns: within(stdout.columns), rows: within(stdout.rows) } : undefined;
  return {
    piped: !stdin.isTTY && isPiped(stdin.fd),
    term: term !== undefined && /^[a-z0-9][a-z0-9+._-]{0,31}$/i.test(term) ? term : undefined,
    size,
    onResize(listener) {
      const changed = () => {
        const now = size();
        if (now) listener(now);
      };
      stdout.on('resize', changed);
      return () => void stdout.off('resize', changed);
    },
    raw(on) {
      if (stdin.isTTY) stdin.setRawMode(on);
    },
    write(source, data) {
      const stream = source === 'stdout' ? stdout : stderr;
      stream.write(data);
      return stream.writableLength < WAITING;
    },
    drained: async () => {
      for (const stream of [stdout, stderr])
        if (stream.writableNeedDrain) await new Promise((resolve) => stream.once('drain', resolve));
    },
  };
}
