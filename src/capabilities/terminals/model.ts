import { z } from 'zod';
import type { StepContext } from '../../engine/capability.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { SessionOptions } from '../../kernel/terminal.ts';

/** Kinds of operation that a person's terminal is joined to. */
export const SESSION_KINDS: ReadonlySet<string> = new Set(['apps.session', 'databases.session']);
export const REPLAY_KIND = 'terminals.replay';

/** Bytes of one recording at most; a session that is recorded ends there. */
export const MAX_RECORDING = 64 * 1024 * 1024;
export const KEEP_DAYS = 365;
/** Sessions at a time of one organization. */
export const SESSIONS_AT_A_TIME = 8;
/** Milliseconds without anything typed or shown. */
export const IDLE_MS = 15 * 60_000;

/** What is run for a person, once everything that has to be ready is. */
export interface Program {
  /** Whole id of a running container. */
  readonly container: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string | Secret>>;
  readonly user?: string;
}

/**
 * Joins a person's terminal to a program: bounded in time and idleness, recorded where asked, ended when the person
 * leaves. `start` is called when the person is there, and the recording is open where there is one. `target` is what
 * the recording is listed under.
 */
export type Conduct = (
  context: StepContext,
  session: SessionOptions & { readonly target: string },
  start: (signal: AbortSignal) => Promise<Outcome<Program>>,
) => Promise<Outcome<{ readonly code: number }>>;

export const ReplayInput = z.object({ recording: z.uuid() });

export const RecordingView = z.object({
  id: z.uuid().meta({ description: 'Of the recording, and of the operation that the session was' }),
  kind: z.string().meta({ example: 'apps.session' }),
  target: z.string().meta({ description: 'Where', example: 'app:shop' }),
  actor: z.string().meta({ description: 'Who', example: 'ann' }),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  because: z.string().nullable().meta({ description: 'Why it ended, where it did not by itself' }),
  bytes: z.int().nullable(),
  sha256: z.string().nullable().meta({ description: 'Of the file, hexadecimal' }),
  expiresAt: z.iso.datetime(),
});
