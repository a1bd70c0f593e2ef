import { text } from 'node:stream/consumers';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { streamBroken } from './errors.ts';
import type { ExecAnswer } from './handles.ts';
import type { ExecStream } from './port.ts';

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
