import { isRefusal, Refusal } from '../../src/kernel/refusal.ts';

export const failed = (code: string, message: string, next: string): Refusal =>
  new Refusal(code, message, next);

/** A refusal ends the program with its reason and what to do; anything else is a bug and keeps its stack. */
export function giveUp(error: unknown, json: boolean): void {
  process.exitCode = 1;
  if (!isRefusal(error)) throw error;
  if (json) console.log(JSON.stringify({ error: error.toJSON() }));
  else console.error(`\n  ${error.code}: ${error.message}\n  -> ${error.next}\n`);
}
