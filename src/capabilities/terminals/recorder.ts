import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { SessionOptions, Size } from '../../kernel/terminal.ts';
import { recordingFailed, recordingFull } from './errors.ts';
import { MAX_RECORDING } from './model.ts';
import { type EventCode, renderEvent, renderHeader } from './render.ts';

export interface Recorder {
  typed(data: Buffer): Promise<Outcome<void>>;
  shown(source: 'stdout' | 'stderr', data: Buffer): Promise<Outcome<void>>;
  resized(size: Size): Promise<Outcome<void>>;
  /** The file is complete and on the disk. */
  close(): Promise<Outcome<{ readonly bytes: number; readonly sha256: string }>>;
}

export const recordingFile = (directory: string, id: string): string => join(directory, `${id}.cast`);

/** Bytes as they come in, as whole characters: half of one waits for its other half. */
export function texts(): (data: Buffer) => string {
  const decoder = new StringDecoder('utf8');
  return (data) => decoder.write(data);
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * A new recording in asciicast v2. Every event is written before it has an effect: what cannot be kept is refused
 * (`recording_failed`, `recording_full`), and then it is neither typed nor shown.
 */
export async function openRecorder(
  directory: string,
  id: string,
  session: SessionOptions & { readonly target: string },
  limit = MAX_RECORDING,
): Promise<Outcome<Recorder>> {
  const startedAt = Date.now();
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(recordingFile(directory, id), 'wx', 0o600);
    const write = async (line: string): Promise<Outcome<void>> => {
      const size = Buffer.byteLength(line);
      if (bytes + size > limit) return recordingFull(limit);
      try {
        await file.appendFile(line);
      } catch (error) {
        return recordingFailed(said(error));
      }
      bytes += size;
      hash.update(line);
    };
    // One after the other: input and output come at the same time.
    let last: Promise<unknown> = Promise.resolve();
    const event = (code: EventCode, text: string): Promise<Outcome<void>> => {
      const ms = Date.now() - startedAt;
      const written = last.then(() => write(renderEvent(ms, code, text)));
      last = written;
      return written;
    };
    const [input, stdout, stderr] = [texts(), texts(), texts()];
    const header = await write(renderHeader({ ...session, startedAt, title: session.target }));
    if (isRefusal(header)) {
      await file.close();
      return header;
    }
    return {
      typed: (data) => event('i', input(data)),
      shown: (source, data) => event('o', (source === 'stdout' ? stdout : stderr)(data)),
      resized: ({ columns, rows }) => event('r', `${columns}x${rows}`),
      async close() {
        await last;
        try {
          await file.sync();
          await file.close();
        } catch (error) {
          return recordingFailed(said(error));
        }
        return { bytes, sha256: hash.digest('hex') };
      },
    };
  } catch (error) {
    return recordingFailed(said(error));
  }
}
