import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { assignmentInvalid, configFileUnreadable } from '../errors.ts';

interface Places {
  readonly cwd: string;
  readonly stdin: Readable;
}

/** A value of a file ends where its text ends: editors and `echo` add a newline that nobody means. */
const withoutLastNewline = (value: string): string => value.replace(/\r?\n$/, '');

async function fileOf(name: string, file: string, { cwd, stdin }: Places): Promise<Outcome<string>> {
  const content =
    file === '-' ? await text(stdin) : await readFile(resolve(cwd, file), 'utf8').catch(() => undefined);
  return content === undefined ? configFileUnreadable(name, file) : withoutLastNewline(content);
}

/**
 * `NAME=value` words, and `NAME@file` or `NAME@-` (standard input) for what should not stand in a shell's history.
 * A value may have any character, a newline too. Refusals: `config_assignment_invalid`, `config_file_unreadable`.
 */
export async function assignments(
  words: readonly string[],
  secret: boolean,
  places: Places,
): Promise<Outcome<Record<string, { value: string; secret: boolean }>>> {
  const set: Record<string, { value: string; secret: boolean }> = {};
  for (const word of words) {
    const [, name, sign, rest = ''] = /^([^=@]+)([=@])([\s\S]*)$/.exec(word) ?? [];
    if (name === undefined || (sign === '@' && rest === '')) return assignmentInvalid(word);
    const value = sign === '@' ? await fileOf(name, rest, places) : rest;
    if (isRefusal(value)) return value;
    set[name] = { value, secret };
  }
  return set;
}
