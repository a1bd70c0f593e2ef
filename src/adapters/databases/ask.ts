import { Readable, Writable } from 'node:stream';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { databaseQuestionFailed } from './errors.ts';
import type { Client, Session } from './port.ts';

/** Seconds that the server gives a question. */
export const ASK_SECONDS = 60;
/** The server's own limit may be lifted by who asks; this one not. */
const PATIENCE_MS = (ASK_SECONDS + 15) * 1000;
const KEPT = 4096;
const NOBODY = '65534:65534';

/**
 * Runs a client as nobody, gives it a script, and answers the first field of the first line that it says. What it says
 * beyond that is let pass, so that nobody fills our memory.
 */
export async function firstAnswer(
  session: Session,
  client: Client,
  script: string,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  let said = Buffer.alloc(0);
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (said.length < KEPT) said = Buffer.concat([said, chunk]).subarray(0, KEPT);
      done();
    },
  });
  const late = AbortSignal.timeout(PATIENCE_MS);
  const ran = await session.stream(client.argv, {
    stdin: Readable.from([Buffer.from(script)]),
    stdout,
    env: client.env,
    user: NOBODY,
    signal: AbortSignal.any([signal, late]),
  });
  const { name } = session.instance;
  if (late.aborted) return databaseQuestionFailed(name, `no answer within ${ASK_SECONDS} s`);
  if (isRefusal(ran)) return ran;
  if (ran.code !== 0) return databaseQuestionFailed(name, ran.stderr);
  return said.toString().split('\n')[0]!.split('\t')[0]!;
}
