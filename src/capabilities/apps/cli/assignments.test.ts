import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isRefusal } from '../../../kernel/refusal.ts';
import { assignments } from './assignments.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'bastide-assignments-'));
  await writeFile(join(cwd, 'key.pem'), 'one\ntwo\n');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const read = (words: string[], stdin = '') =>
  assignments(words, true, { cwd, stdin: Readable.from([stdin]) });
const refusal = async (word: string) => {
  const outcome = await read([word]);
  return isRefusal(outcome) ? `${outcome.code}: ${outcome.message}` : 'taken';
};

it('takes values as they are, whatever is in them', async () => {
  expect(await read(['A=1', 'B=', 'C=x=y@z', 'D=line\nline\n'])).toEqual({
    A: { value: '1', secret: true },
    B: { value: '', secret: true },
    C: { value: 'x=y@z', secret: true },
    D: { value: 'line\nline\n', secret: true },
  });
});

it('takes a value from a file or from standard input, without the newline at its end', async () => {
  expect(await read(['KEY@key.pem', 'PASSWORD@-'], 'hunter2\n')).toEqual({
    KEY: { value: 'one\ntwo', secret: true },
    PASSWORD: { value: 'hunter2', secret: true },
  });
});

it('refuses what is none, without repeating what may be secret', async () => {
  expect(await refusal('hunter2')).toMatch(/^config_assignment_invalid/);
  expect(await refusal('=hunter2')).toMatch(/^config_assignment_invalid: An empty name/);
  expect(await refusal('A@')).toMatch(/^config_assignment_invalid/);
  expect(await refusal('A@missing')).toMatch(/^config_file_unreadable: missing/);
});
