import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { firstAnswer } from './ask.ts';
import type { Session } from './port.ts';

const client = { argv: ['client'], env: {} };
const never = new AbortController().signal;
const session = (stream: Session['stream']): Session =>
  ({ instance: { name: 'shop-db' }, stream }) as unknown as Session;

it('gives a script to a client that is nobody, and answers the first field of the first line', async () => {
  const asked: unknown[] = [];
  const answer = await firstAnswer(
    session(async (argv, { stdin, stdout, user }) => {
      asked.push(argv, user, await text(stdin!));
      stdout.write('t\tsecond\nnext\n');
      return { code: 0, stderr: '' };
    }),
    client,
    'select true',
    never,
  );
  expect(answer).toBe('t');
  expect(asked).toEqual([['client'], '65534:65534', 'select true']);
});

it('keeps a little of an answer without end', async () => {
  const answer = await firstAnswer(
    session(async (_argv, { stdout }) => {
      for (let n = 0; n < 100; n += 1) stdout.write('x'.repeat(10_000));
      return { code: 0, stderr: '' };
    }),
    client,
    '',
    never,
  );
  expect(answer).toHaveLength(4096);
});

it('says what the server said, and gives a broken connection on as it is', async () => {
  const failed = session(async () => ({ code: 3, stderr: 'NOTICE\nERROR: no table users\n' }));
  const refused = await firstAnswer(failed, client, '', never);
  expect(isRefusal(refused) && `${refused.code} ${refused.message}`).toMatch(
    /^database_question_failed .*no table users$/,
  );
  const gone = new Refusal('engine_stream_broken', 'gone', 'again');
  expect(
    await firstAnswer(
      session(async () => gone),
      client,
      '',
      never,
    ),
  ).toBe(gone);
});
