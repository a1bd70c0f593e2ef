import { PassThrough, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import type { DatabasesDeps } from '../deps.ts';
import { measureDisk } from '../disk.ts';
import { engineOf } from '../instance.ts';
import { openSession } from '../session.ts';
import * as store from '../store.ts';
import { openCredential } from './users.ts';

/** The client is nobody in the container: its own commands reach no file of the server. */
export const NOBODY = '65534:65534';
const LOOK_MS = 150;
/** Somebody who says nothing for so long has gone. */
const SILENT_MS = 600_000;

/** What a person types, as a stream; ends when the person says so, or has gone. */
function typed(deps: DatabasesDeps, operationId: string, signal: AbortSignal): Readable {
  const stdin = new PassThrough();
  const pump = async () => {
    let seq = 0;
    let heard = Date.now();
    while (!signal.aborted && Date.now() - heard < SILENT_MS) {
      for (const chunk of await store.typedSince(deps.db, operationId, seq)) {
        seq = Number(chunk.seq);
        heard = Date.now();
        if (chunk.source === 'end') return;
        if (chunk.source === 'stdin') stdin.write(chunk.data);
      }
      await sleep(LOOK_MS, signal);
    }
  };
  void pump()
    .catch(() => undefined)
    .finally(() => stdin.end());
  return stdin;
}

/** Runs the engine's own client for a person: what is typed goes in, what it says comes out. */
export async function query(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  context: StepContext,
): Promise<Outcome<void>> {
  const { operation } = context;
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return session;
  const credential = await openCredential(deps, row, row.credential);
  if (isRefusal(credential)) return credential;
  const client = engineOf(deps, row).client(session.instance, credential);

  let written: Promise<unknown> = Promise.resolve();
  const write = (source: string, text: string) => {
    if (text === '') return;
    written = written
      .then(() => store.writeChunk(deps.db, operation.id, source, text))
      .catch(() => undefined);
  };
  const decoder = new StringDecoder('utf8');
  const stdout = new PassThrough();
  stdout.on('data', (data: Buffer) => write('stdout', decoder.write(data)));
  const over = new AbortController();
  const done = await session.stream(client.argv, {
    stdin: typed(deps, operation.id, AbortSignal.any([context.signal, over.signal])),
    stdout,
    env: client.env,
    user: NOBODY,
    signal: context.signal,
  });
  over.abort();
  write('stdout', decoder.end());
  if (!isRefusal(done)) write('stderr', done.stderr);
  await written;
  if (isRefusal(done)) return done;
  await store.writeChunk(deps.db, operation.id, 'exit', String(done.code));
}

/** How it is, now. */
export async function info(
  deps: DatabasesDeps,
  row: store.DatabaseRow,
  context: StepContext,
): Promise<Outcome<void>> {
  const session = await openSession(deps, row.id);
  if (isRefusal(session)) return session;
  const facts = await engineOf(deps, row).info(session);
  if (isRefusal(facts)) return facts;
  await store.noteFacts(deps.db, row.id, facts);
  const disk = {
    usedBytes: (await measureDisk(deps, row)) ?? null,
    limitBytes: session.instance.limits.diskBytes,
    full: row.writes_held,
  };
  await store.writeChunk(deps.db, context.operation.id, 'info', JSON.stringify({ ...facts, disk }));
}
