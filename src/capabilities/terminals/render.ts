import type { Size } from '../../kernel/terminal.ts';

/** Of asciicast v2: `o` shown, `i` typed, `r` the terminal's new size as `80x24`. */
export type EventCode = 'o' | 'i' | 'r';

/** PURE. First line of a recording (asciicast v2). A session without a terminal is shown as if it had a usual one. */
export const renderHeader = (session: {
  readonly terminal: Size | null;
  readonly term: string;
  readonly startedAt: number;
  readonly title: string;
}): string =>
  `${JSON.stringify({
    version: 2,
    width: session.terminal?.columns ?? 80,
    height: session.terminal?.rows ?? 24,
    timestamp: Math.floor(session.startedAt / 1000),
    title: session.title,
    env: { TERM: session.term },
  })}\n`;

/** PURE. One event; `ms` since the start. */
export const renderEvent = (ms: number, code: EventCode, text: string): string =>
  `${JSON.stringify([Number((ms / 1000).toFixed(6)), code, text])}\n`;
