import { createInterface } from 'node:readline/promises';
import type { Outcome } from '../kernel/refusal.ts';
import { notConfirmed } from './errors.ts';
import type { Io } from './io.ts';

/** Asks for the name of what is about to be destroyed, unless `--confirm` gave it. Refuses `cli_not_confirmed`. */
export async function confirmed(
  io: Io,
  given: string | undefined,
  name: string,
  warning: string,
): Promise<Outcome<void>> {
  if (given === name) return undefined;
  if (given !== undefined || !io.interactive || io.print.json) return notConfirmed(name);
  io.print.line(warning);
  const lines = createInterface({ input: io.stdin, output: process.stdout });
  try {
    const typed = await lines.question(`Type ${name} to go on: `, { signal: io.signal });
    return typed.trim() === name ? undefined : notConfirmed(name);
  } finally {
    lines.close();
  }
}
