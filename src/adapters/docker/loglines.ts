import { StringDecoder } from 'node:string_decoder';
import { type Frame, makeFrameSplitter } from './frames.ts';
import type { LogLine } from './port.ts';

/** Characters of one line; what is longer is given in pieces, so that a container cannot fill our memory. */
export const LINE_LIMIT = 64 * 1024;
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ?/;
/** With details: whose line it is, before the line, in the engine's own escaped words. What the program wrote comes after. */
const DETAILS = /^(\S+ )\S*com\.docker\.swarm\.task\.id=([0-9a-z]{1,64})\S* /;
/** What the engine itself writes into a service's log when a task has no container (any more). */
const NOISE = /^(Error grabbing logs:|warning: incomplete log stream)/;

/** What one task is in the middle of saying. */
interface Saying {
  rest: string;
  at: string;
}

/** Turns raw log chunks (frames of time-stamped text, of a service with details) into lines. `flush` gives what had no line end. */
export function makeLogLines(detailed = true): { push(chunk: Buffer): LogLine[]; flush(): LogLine[] } {
  const split = makeFrameSplitter();
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  // Of each task apart: two that write at the same time would get into each other's long lines.
  const sayings = { stdout: new Map<string, Saying>(), stderr: new Map<string, Saying>() };
  const sayingOf = (source: Frame['source'], task: string): Saying => {
    const known = sayings[source].get(task) ?? { rest: '', at: '' };
    sayings[source].set(task, known);
    return known;
  };

  const lineOf = (source: Frame['source'], task: string, text: string): LogLine[] => {
    const state = sayingOf(source, task);
    const stamp = STAMP.exec(text);
    if (stamp) state.at = stamp[1]!;
    else if (NOISE.test(text)) return [];
    const said = (stamp ? text.slice(stamp[0].length) : text).replace(/\r$/, '');
    return [{ at: state.at, source, text: said, ...(task ? { task } : {}) }];
  };

  const take = (source: Frame['source'], raw: string): LogLine[] => {
    const details = detailed ? DETAILS.exec(raw) : null;
    const task = details?.[2] ?? '';
    const text = details ? details[1] + raw.slice(details[0].length) : raw;
    const state = sayingOf(source, task);
    // The engine splits an entry over 16 KiB and stamps every piece: only the first stamp is ours.
    state.rest += state.rest ? text.replace(STAMP, '') : text;
    const lines: LogLine[] = [];
    for (;;) {
      const end = state.rest.indexOf('\n');
      if (end < 0 && state.rest.length <= LINE_LIMIT) return lines;
      const cut = end >= 0 && end <= LINE_LIMIT ? end : LINE_LIMIT;
      lines.push(...lineOf(source, task, state.rest.slice(0, cut)));
      state.rest = state.rest.slice(cut === end ? cut + 1 : cut);
    }
  };

  return {
    push: (chunk) => split(chunk).flatMap(({ source, data }) => take(source, decoders[source].write(data))),
    flush: () =>
      (['stdout', 'stderr'] as const).flatMap((source) =>
        [...sayings[source]].flatMap(([task, state]) => {
          const text = state.rest + decoders[source].end();
          state.rest = '';
          return text ? lineOf(source, task, text) : [];
        }),
      ),
  };
}
