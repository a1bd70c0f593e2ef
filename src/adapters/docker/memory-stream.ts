import { text } from 'node:stream/consumers';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { streamBroken } from './errors.ts';
import type { ExecAnswer } from './handles.ts';
import type { ExecStream, Terminal } from './port.ts';

/** What the program would read. */
export const reveal = (value: string | Secret | undefined): string | undefined =>
  value instanceof Secret ? value.reveal() : value;

/** The fake's stream: takes the input whole, answers as it was told to, and breaks as the real one does. */
export async function memoryExecStream(
  options: ExecStream,
  ask: (stdin: string | undefined) => Promise<Outcome<ExecAnswer>>,
): Promise<Outcome<{ code: number; stderr: string }>> {
  if (options.signal?.aborted) return streamBroken('it was stopped');
  let stdin: string | undefined;
  try {
    stdin = options.stdin && (await text(options.stdin));
  } catch (error) {
    return streamBroken(error instanceof Error ? error.message : String(error));
  }
  const answer = await ask(stdin);
  if (isRefusal(answer)) return answer;
  if (options.stdout.destroyed) return streamBroken('nobody takes the output any more');
  if (answer.stdout) options.stdout.write(answer.stdout);
  return { code: answer.code, stderr: answer.stderr };
}

/** The fake's program for a person: it says what it was told to, then what is typed, and ends with the input. */
export function memoryTerminal(answer: ExecAnswer): Terminal {
  const lines: Buffer[] = answer.stdout ? [Buffer.from(answer.stdout)] : [];
  let over = false;
  let wake = (): void => undefined;
  const change = () => wake();
  return {
    output: (async function* () {
      for (;;) {
        const data = lines.shift();
        if (data) yield { source: 'stdout' as const, data };
        else if (over) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    })(),
    async write(data) {
      lines.push(data);
      change();
    },
    end() {
      over = true;
      change();
    },
    async resize({ columns, rows }) {
      lines.push(Buffer.from(`${columns}x${rows}`));
      change();
    },
    ended: async () => ({ code: answer.code }),
    async kill() {
      over = true;
      change();
    },
  };
}
