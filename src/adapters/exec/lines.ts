/** The longest line that is handed on whole; a longer one comes in pieces, so that no program can fill our memory. */
export const LINE_LIMIT = 16 * 1024;

/** Cuts a stream of text into lines: `\n`, and `\r` too, as progress bars use it. */
export function lineCutter(onLine: (line: string) => void): { take(text: string): void; end(): void } {
  let rest = '';
  return {
    take(text) {
      const lines = (rest + text).split(/\r?\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) for (const piece of pieces(line)) onLine(piece);
      while (rest.length > LINE_LIMIT) {
        onLine(rest.slice(0, LINE_LIMIT));
        rest = rest.slice(LINE_LIMIT);
      }
    },
    end() {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}

function pieces(line: string): string[] {
  if (line.length <= LINE_LIMIT) return [line];
  const found: string[] = [];
  for (let at = 0; at < line.length; at += LINE_LIMIT) found.push(line.slice(at, at + LINE_LIMIT));
  return found;
}
