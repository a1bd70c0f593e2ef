/** Tells a person, or with `--json` a program, what happens: one line per stage, with its time. */
export interface Progress {
  readonly json: boolean;
  /** Runs a stage and prints its line when it ends; gives what the stage gave. */
  stage<T>(name: string, doing: string, work: (tell: (words: string) => void) => Promise<T>): Promise<T>;
  line(text: string): void;
}

/** A finished stage as one line of text. Times in seconds. */
export const stageLine = (mark: string, name: string, words: string, ms: number): string =>
  `  ${mark.padEnd(5)} ${name.padEnd(22)} ${words.padEnd(44)} ${(ms / 1000).toFixed(1).padStart(6)} s`;

export function makeProgress(out: NodeJS.WriteStream, json: boolean): Progress {
  const live = !json && out.isTTY === true;
  const clear = () => live && out.write('\r\x1b[2K');
  const line = (text: string) => void (json || out.write(`${text}\n`));
  return {
    json,
    line,
    async stage(name, doing, work) {
      const started = performance.now();
      let words = doing;
      const draw = () =>
        live && out.write(`\r\x1b[2K${stageLine('...', name, words, performance.now() - started)}`);
      const timer = live ? setInterval(draw, 200) : undefined;
      const end = (mark: string) => {
        clearInterval(timer);
        clear();
        const ms = performance.now() - started;
        if (json)
          out.write(`${JSON.stringify({ stage: name, ok: mark === 'ok', words, ms: Math.round(ms) })}\n`);
        else line(stageLine(mark, name, words, ms));
      };
      try {
        const result = await work((said) => {
          words = said;
        });
        end('ok');
        return result;
      } catch (error) {
        end('fail');
        throw error;
      }
    },
  };
}
