import { createColors } from 'picocolors';
import type { Refusal } from '../kernel/refusal.ts';

export interface Output {
  write(text: string): unknown;
}

type Cell = string | number | null;

/** How a program speaks: to a person, or with --json to another program. */
export interface Printer {
  readonly json: boolean;
  readonly colors: ReturnType<typeof createColors>;
  /** A line for a person; nothing with --json. */
  line(text?: string): void;
  /** Columns for a person, the rows for a program. */
  table<T>(rows: readonly T[], columns: Readonly<Record<string, (row: T) => Cell>>): void;
  /** Names and values for a person, the value for a program. */
  record(value: unknown, fields: Readonly<Record<string, Cell>>): void;
  /** A sentence for a person, the value for a program. */
  done(value: unknown, sentence: string): void;
  /** As it is: the output of the customer's own process. */
  raw(text: string, source?: string): void;
  refusal(refusal: Refusal): void;
}

const isControl = (code: number): boolean =>
  (code < 32 && code !== 9 && code !== 10) || (code >= 127 && code < 160);

const COLOR = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]{0,16}m)`);

/** Text from elsewhere may have colors; it cannot move the cursor, ring, or rename the terminal. */
export const plain = (text: string): string =>
  text
    .split(COLOR)
    .map((part, i) => (i % 2 === 1 ? part : [...part].filter((c) => !isControl(c.codePointAt(0)!)).join('')))
    .join('');

/** PURE. Columns padded to their widest cell, two blanks between. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}

const text = (cell: Cell): string => (cell === null ? '-' : plain(String(cell)).replaceAll('\n', ' '));

/** `color` is false on pipes and where NO_COLOR is set. */
export function printer(out: Output, err: Output, mode: { json: boolean; color: boolean }): Printer {
  const colors = createColors(mode.color);
  const say = (line: string) => out.write(`${line}\n`);
  const tell = (value: unknown) => say(JSON.stringify(value, null, 2));
  return {
    json: mode.json,
    colors,
    line: (line = '') => void (mode.json || say(plain(line))),
    table(rows, columns) {
      if (mode.json) return void tell(rows);
      if (rows.length === 0) return void say(colors.dim('(none)'));
      const [head, ...lines] = renderTable(
        Object.keys(columns),
        rows.map((row) => Object.values(columns).map((cell) => text(cell(row)))),
      );
      say(colors.bold(head!));
      for (const line of lines) say(line);
    },
    record(value, fields) {
      if (mode.json) return void tell(value);
      const width = Math.max(...Object.keys(fields).map((name) => name.length));
      for (const [name, cell] of Object.entries(fields))
        say(`${colors.dim(name.padEnd(width))}  ${text(cell)}`);
    },
    done: (value, sentence) => void (mode.json ? tell(value) : say(plain(sentence))),
    raw: (chunk, source) => void (source === 'stderr' ? err : out).write(chunk),
    refusal(refusal) {
      if (mode.json) return void tell({ error: refusal });
      err.write(`${colors.red('✗')} ${plain(refusal.message)}\n`);
      err.write(`  ${colors.dim('→')} ${plain(refusal.next)}\n`);
    },
  };
}
