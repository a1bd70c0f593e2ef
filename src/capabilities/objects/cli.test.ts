import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Io } from '../../cli/io.ts';
import { printer } from '../../cli/print.ts';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { commands } from './cli.ts';

const stop = new Refusal('test_stop', 'That is all', 'Nothing.');

/** Runs a command that reads `typed`; gives what it asked of the API, printed and answered. */
async function run(name: string, typed: string, options: Record<string, string>) {
  const sent: unknown[][] = [];
  let printed = '';
  const out = { write: (text: string) => (printed += text) };
  const io = {
    api: {
      send: async (method: string, path: string, body: unknown) => {
        sent.push([method, path, body]);
        return stop;
      },
    },
    print: printer(out, out, { json: false, color: false }),
    stdin: Readable.from([typed]),
    interactive: false,
    signal: new AbortController().signal,
  } as unknown as Io;
  const row = commands.find((one) => one.name === name)!;
  const answer = await row.run(io, { args: { store: 'uploads' }, rest: [], options });
  return { sent, printed, code: isRefusal(answer) ? answer.code : answer };
}

const options = {
  project: 'webshop',
  endpoint: 'https://s3.example.com',
  bucket: 'shop',
  accessKeyId: 'KEY1',
};

test('a secret key comes on standard input and is no option of any command', async () => {
  const { sent, printed, code } = await run('objects:bind', 'a-secret-key\n', options);
  expect(sent).toEqual([
    [
      'POST',
      '/v1/projects/webshop/objects',
      {
        name: 'uploads',
        endpoint: 'https://s3.example.com',
        bucket: 'shop',
        region: 'us-east-1',
        accessKeyId: 'KEY1',
        secretAccessKey: 'a-secret-key',
      },
    ],
  ]);
  expect(code).toBe('test_stop');
  expect(printed).not.toContain('a-secret-key');
  const flags = commands.flatMap((row) => row.options ?? []).map((option) => option.flags);
  expect(flags.filter((flag) => /secret/i.test(flag))).toEqual([]);
});

test('without one nothing is asked of the API', async () => {
  const none = await run('objects:bind', '\n', options);
  expect(none).toMatchObject({ sent: [], code: 'objects_secret_missing' });
  const { accessKeyId: _, ...nobody } = options;
  expect((await run('objects:bind', 'a-secret-key', nobody)).sent).toEqual([]);
});

test('another key goes where the object store is', async () => {
  const { sent } = await run('objects:credentials:replace', 'other-secret', {
    project: 'webshop',
    accessKeyId: 'KEY2',
  });
  expect(sent).toEqual([
    [
      'PUT',
      '/v1/projects/webshop/objects/uploads/credential',
      { accessKeyId: 'KEY2', secretAccessKey: 'other-secret' },
    ],
  ]);
});
