import { Refusal } from '../../kernel/refusal.ts';

/** `what` is what was asked for, `said` what the program answered; its last line says why. */
export const databaseCommandFailed = (name: string, what: string, said: string): Refusal =>
  new Refusal(
    'database_command_failed',
    `The database ${name} did not ${what}: ${said.trim().split('\n').at(-1) || 'it said nothing'}`,
    'Look at its log; the operation can be asked for again.',
  );

export const databaseChanged = (name: string): Refusal =>
  new Refusal(
    'database_changed',
    `The tables of ${name} were changed while it was being copied`,
    'Ask again when no migration is running.',
  );

export const databaseDumpTruncated = (name: string): Refusal =>
  new Refusal(
    'database_dump_truncated',
    `What was to be restored into ${name} ends before its end`,
    'Take another backup: this one is not whole.',
  );

export const databaseExtensionUnknown = (name: string, extension: string): Refusal =>
  new Refusal(
    'database_extension_unknown',
    `The database ${name} has no extension ${extension}`,
    'bastide pg:extensions lists those that it has.',
  );

export const databaseDumpIncomplete = (name: string, said: string): Refusal =>
  new Refusal(
    'database_dump_incomplete',
    `The dump of ${name} ended before it was whole: ${said.trim().split('\n').at(-1) || 'it said nothing'}`,
    'Try again; nothing of it was kept.',
  );

export const databaseAnswerUnreadable = (name: string, what: string): Refusal =>
  new Refusal(
    'database_answer_unreadable',
    `The database ${name} answered ${what} with something unknown`,
    'Report it with the operation id.',
  );

export const databaseQuestionFailed = (name: string, said: string): Refusal =>
  new Refusal(
    'database_question_failed',
    `The database ${name} did not answer the query: ${said.trim().split('\n').at(-1)?.slice(0, 300) || 'it said nothing'}`,
    'Look at the query.',
  );

export const databaseAnswersNoQuery = (name: string): Refusal =>
  new Refusal(
    'database_answers_no_query',
    `The database ${name} is of a kind that answers no query`,
    'Only PostgreSQL and MariaDB do.',
  );
