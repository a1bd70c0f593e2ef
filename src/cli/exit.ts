import type { Refusal } from '../kernel/refusal.ts';
import { ApiRefusal } from './refusal.ts';

/** The published exit codes (docs/reference/cli.md). */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  unreachable: 5,
  interrupted: 130,
} as const;

export const exitMeanings: Record<keyof typeof exitCodes, string> = {
  ok: 'it worked',
  failed: 'it was tried and failed; for `run`, the exit code of the command itself',
  usage: 'the command line is wrong',
  refused: 'refused or not permitted; nothing was changed',
  notFound: 'what was named is not there, or not yours',
  unreachable: 'the server cannot be reached or is not trusted',
  interrupted: 'you pressed Ctrl-C; an operation that was submitted goes on',
};

const CODES: Record<string, number> = {
  cli_unreachable: exitCodes.unreachable,
  cli_not_trusted: exitCodes.unreachable,
  cli_answer_unreadable: exitCodes.unreachable,
  cli_no_server: exitCodes.refused,
  cli_no_app: exitCodes.usage,
  cli_usage: exitCodes.usage,
  cli_directory_unreadable: exitCodes.usage,
  cli_not_confirmed: exitCodes.refused,
  cli_nothing_to_watch: exitCodes.notFound,
  cli_stopped_watching: exitCodes.interrupted,
  cli_session_stopped: exitCodes.interrupted,
  // Said by a command of its own accord, before or without the API.
  config_assignment_invalid: exitCodes.usage,
  config_file_unreadable: exitCodes.usage,
  config_not_found: exitCodes.notFound,
  config_secret: exitCodes.refused,
  audit_file_unreadable: exitCodes.usage,
  audit_key_invalid: exitCodes.usage,
  recording_speed_invalid: exitCodes.usage,
  release_version_invalid: exitCodes.usage,
  scale_invalid: exitCodes.usage,
  scale_too_many: exitCodes.usage,
};

/** What the shell is told. */
export function exitCodeOf(refusal: Refusal): number {
  const known = CODES[refusal.code];
  if (known !== undefined) return known;
  if (!(refusal instanceof ApiRefusal)) return exitCodes.failed;
  if (refusal.status === 404) return exitCodes.notFound;
  return refusal.status < 500 ? exitCodes.refused : exitCodes.failed;
}
