import { StringDecoder } from 'node:string_decoder';
import { type Frame, makeFrameSplitter } from './frames.ts';
import type { LogLine } from './port.ts';

/** Characters of one line; what is longer is given in pieces, so that a container cannot fill our memory. */
export const LINE_LIMIT = 64 * 1024;
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ?/;
/** What the engine itself writes into a service's log when a task has no container (any more). */
const NOISE = /^(Error grabbing logs:|warning: incomplete log stream)/;

interface Source {
  readonly decoder: StringDecoder;
  rest: string;
  at: string;
}

/** Turns raw log chunks (frames of time-stamped text) into lines. `flush` gives what had no line end. */
export function makeLogLines(): { push(chunk: Buffer): LogLine[]; flush(): LogLine[] } {
  const split = makeFrameSplitter();
  const fresh = (): Source => ({ decoder: new StringDecoder('utf8'), rest: '', at: '' });
  const sources = { stdout: fresh(), stderr: fresh() };

  const lineOf = (source: Frame['source'], text: string): LogLine[] => {
    const state = sources[source];
    const stamp = STAMP.exec(text);
    if (stamp) state.at = stamp[1]!;
    else if (NOISE.test(text)) return [];
    return [{ at: state.at, source, text: (stamp ? text.slice(stamp[0].length) : text).replace(/\r$/, '') }];
  };

  const take = (source: Frame['source'], text: string): LogLine[] => {
    const state = sources[source];
    // The engine splits an entry over 16 KiB and stamps every piece: only the first stamp is ours.
    state.rest += state.rest ? text.replace(STAMP, '') : text;
    const lines: LogLine[] = [];
    for (;;) {
      const end = state.rest.indexOf('\n');
      if (end < 0 && state.rest.length <= LINE_LIMIT) return lines;
      const cut = end >= 0 && end <= LINE_LIMIT ? end : LINE_LIMIT;
      lines.push(...lineOf(source, state.rest.slice(0, cut)));
      state.rest = state.rest.slice(cut === end ? cut + 1 : cut);
    }
  };

  return {
    push: (chunk) =>
      split(chunk).flatMap(({ source, data }) => take(source, sources[source].decoder.write(data))),
    flush: () =>
      (['stdout', 'stderr'] as const).flatMap((source) => {
        const text = sources[source].rest + sources[source].decoder.end();
        sources[source].rest = '';
        return text ? lineOf(source, text) : [];
      }),
  };
}
