import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { failed } from './errors.ts';
import { runner } from './run.ts';

/** Says nothing until its input ended; then that it saw the end. */
const reader = { argv: ['sed', '-n', '$a end'] as const, timeoutMs: 20_000 };

test('input that was written whole is closed, and the program sees its end', async () => {
  const ran = await runner.pipe(reader, { write: async (stdin) => void stdin.write('a\n') });
  expect(must(ran)).toMatchObject({ code: 0, stdout: 'end\n' });
});

test('a writer that refuses never lets the program see an end', async () => {
  const out = new PassThrough();
  const ran = await runner.pipe(reader, {
    stdout: out,
    write: async (stdin) => {
      stdin.write('half\n');
      return failed('dump', 1, 'no more');
    },
  });
  expect(ran).toMatchObject({ code: 'exec_failed', message: 'dump ended with 1: no more' });
  expect(out.read()).toBeNull();
});

test('a writer that throws is an interruption', async () => {
  const ran = await runner.pipe(reader, { write: () => Promise.reject(new Error('broken')) });
  expect(ran).toMatchObject({ code: 'exec_interrupted', message: expect.stringContaining('broken') });
});

test('a program that ends early calls its writer off', async () => {
  const ran = await runner.pipe(
    { argv: ['true'] },
    { write: (_, signal) => once(signal, 'abort').then(() => undefined) },
  );
  expect(must(ran).code).toBe(0);
});

test('output goes to its taker, at its pace and whole', async () => {
  let bytes = 0;
  const slow = new Writable({
    highWaterMark: 1024,
    write: (chunk, _, done) => {
      bytes += chunk.length;
      setImmediate(done);
    },
  });
  const ran = must(await runner.pipe({ argv: ['head', '-c', '3000000', '/dev/zero'] }, { stdout: slow }));
  slow.end();
  await once(slow, 'finish');
  expect([ran.code, ran.stdout, bytes]).toEqual([0, '', 3_000_000]);
});

test('a taker that goes away ends the program, and it is no success', async () => {
  const gone = new Writable({ write: (_c, _e, done) => done(new Error('gone')) });
  gone.on('error', () => {});
  const ran = await runner.pipe({ argv: ['cat', '/dev/zero'], timeoutMs: 20_000 }, { stdout: gone });
  expect(isRefusal(ran) && ran.code).toBe('exec_interrupted');
});

test('what was called off is interrupted', async () => {
  const call = new AbortController();
  const ran = runner.pipe({ argv: ['sleep', '20'] }, { signal: call.signal });
  call.abort();
  expect(await ran).toMatchObject({ code: 'exec_interrupted' });
});
