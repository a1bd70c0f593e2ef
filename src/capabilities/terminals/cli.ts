import { z } from 'zod';
import { path, query } from '../../cli/client.ts';
import { type CommandRow, given, type Input } from '../../cli/command.ts';
import type { Io } from '../../cli/io.ts';
import { join } from '../../cli/session.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { recordingSpeed } from './errors.ts';
import { RecordingView } from './model.ts';
import { isHeader, parseEvent } from './parse.ts';

const organization = { name: 'organization', description: 'the organization' };
const recording = { name: 'recording', description: 'id of the recording' };
const Recordings = z.object({ recordings: z.array(RecordingView) });
/** Seconds that a pause is shown at most, before the speed counts. */
const PAUSE = 3;

const of = ({ args }: Input): string =>
  path`/v1/organizations/${args.organization ?? ''}/recordings/${args.recording ?? ''}`;
const stamp = (at: string | null): string | null => at?.slice(0, 19).replace('T', ' ') ?? null;

/** The recording as it comes from the platform, whole. */
async function recordingOf(io: Io, input: Input): Promise<Outcome<string>> {
  const asked = await io.api.send('POST', `${of(input)}/replays`, undefined, Accepted);
  if (isRefusal(asked)) return asked;
  const parts: Buffer[] = [];
  const code = await join(io, path`/v1/operations/${asked.operationId}/replay`, {
    typing: false,
    tty: false,
    onOutput: (_source, data) => {
      parts.push(data);
      return true;
    },
  });
  return isRefusal(code) ? code : Buffer.concat(parts).toString('utf8');
}

/** Shows what was shown, at the pace at which it was. */
async function play(io: Io, cast: string, speed: number): Promise<void> {
  let last = 0;
  for (const line of cast.split('\n')) {
    if (io.signal.aborted) return;
    const event = isHeader(line) ? undefined : parseEvent(line);
    if (!event) continue;
    await sleep((Math.min(Math.max(event.at - last, 0), PAUSE) / speed) * 1000, io.signal);
    last = event.at;
    if (event.code === 'o') io.print.raw(event.text, 'stdout');
  }
}

/** Recordings of sessions. */
export const commands: readonly CommandRow[] = [
  {
    name: 'recordings',
    summary: 'Recorded sessions of an organization, newest first',
    args: [organization],
    options: [{ flags: '-n, --limit <count>', description: 'how many', default: '50' }],
    examples: ['bastide recordings acme'],
    uses: ['listRecordings'],
    async run(io, input) {
      const at = path`/v1/organizations/${input.args.organization ?? ''}/recordings`;
      const list = await io.api.get(`${at}${query({ limit: given(input, 'limit') })}`, Recordings);
      if (isRefusal(list)) return list;
      io.print.table(list.recordings, {
        recording: (row) => row.id,
        who: (row) => row.actor,
        where: (row) => row.target,
        from: (row) => stamp(row.startedAt),
        to: (row) => stamp(row.endedAt),
        bytes: (row) => row.bytes,
        ended: (row) => row.because,
      });
      return undefined;
    },
  },
  {
    name: 'recordings:show',
    summary: 'One recorded session: who, where, when, and its checksum',
    args: [organization, recording],
    examples: ['bastide recordings:show acme 0198c1f2-3a4b-7c5d-8e6f-708192a3b4c5'],
    uses: ['getRecording'],
    async run(io, input) {
      const row = await io.api.get(of(input), RecordingView);
      if (isRefusal(row)) return row;
      io.print.record(row, {
        recording: row.id,
        who: row.actor,
        where: row.target,
        from: row.startedAt,
        to: row.endedAt ?? 'it goes on',
        ended: row.because ?? 'by itself',
        bytes: row.bytes,
        sha256: row.sha256,
        kept: `until ${row.expiresAt}`,
      });
      return undefined;
    },
  },
  {
    name: 'recordings:play',
    summary: 'Play a recorded session; --json prints its asciicast, for any player',
    args: [organization, recording],
    options: [{ flags: '--speed <factor>', description: 'from 0.1 to 100', default: '1' }],
    examples: [
      'bastide recordings:play acme 0198c1f2-3a4b-7c5d-8e6f-708192a3b4c5 --speed 4',
      'bastide recordings:play acme 0198c1f2-3a4b-7c5d-8e6f-708192a3b4c5 --json > session.cast',
    ],
    uses: ['replayRecording', 'joinReplay'],
    async run(io, input) {
      const text = given(input, 'speed') ?? '1';
      const speed = Number(text);
      if (!(speed >= 0.1 && speed <= 100)) return recordingSpeed(text);
      const cast = await recordingOf(io, input);
      if (isRefusal(cast)) return cast;
      if (io.print.json) io.print.raw(cast, 'stdout');
      else await play(io, cast, speed);
      return undefined;
    },
  },
];
