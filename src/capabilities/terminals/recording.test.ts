import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { isHeader, parseEvent } from './parse.ts';
import { openRecorder, recordingFile, texts } from './recorder.ts';
import { renderEvent, renderHeader } from './render.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-recordings-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const session = {
  terminal: { columns: 100, rows: 30 },
  term: 'xterm',
  seconds: 60,
  record: true,
  target: 'app:shop',
};

test('a header and events as asciicast v2 has them', () => {
  expect(renderHeader({ ...session, title: 'app:shop', startedAt: 1_700_000_000_999 })).toBe(
    '{"version":2,"width":100,"height":30,"timestamp":1700000000,"title":"app:shop","env":{"TERM":"xterm"}}\n',
  );
  expect(renderEvent(1500, 'o', 'a\r\n\u001b[0m')).toBe('[1.5,"o","a\\r\\n\\u001b[0m"]\n');
});

test('half a character waits for its other half', () => {
  const text = texts();
  const whole = Buffer.from('é');
  expect([text(whole.subarray(0, 1)), text(whole.subarray(1))]).toEqual(['', 'é']);
});

test('lines are read back; what is no event is none', () => {
  expect(parseEvent('[1.5,"i","x"]')).toEqual({ at: 1.5, code: 'i', text: 'x' });
  for (const line of ['', '{', '[1,"o"]', '["1","o","x"]']) expect(parseEvent(line), line).toBeUndefined();
  expect(isHeader('{"version":2,"width":80,"height":24}')).toBe(true);
  expect(isHeader('{"version":1,"width":80,"height":24}')).toBe(false);
});

test('what is typed, shown and resized is in the file, in order, and the checksum is of the file', async () => {
  const recorder = must(await openRecorder(directory, 'one', session));
  must(await recorder.typed(Buffer.from('ls\r')));
  must(await recorder.shown('stdout', Buffer.from('a b')));
  must(await recorder.resized({ columns: 90, rows: 20 }));
  const { bytes, sha256 } = must(await recorder.close());
  const text = await readFile(recordingFile(directory, 'one'), 'utf8');
  const [header, ...events] = text.trimEnd().split('\n');
  expect(isHeader(header!)).toBe(true);
  expect(events.map((line) => parseEvent(line)).map((event) => [event?.code, event?.text])).toEqual([
    ['i', 'ls\r'],
    ['o', 'a b'],
    ['r', '90x20'],
  ]);
  expect([bytes, sha256]).toEqual([text.length, createHash('sha256').update(text).digest('hex')]);
  expect((await stat(recordingFile(directory, 'one'))).mode & 0o777).toBe(0o600);
});

test('a full recording, a second one of the same session, and a place that takes none are refused', async () => {
  const small = must(await openRecorder(directory, 'two', session, 200));
  expect(await small.shown('stdout', Buffer.alloc(200, 97))).toMatchObject({ code: 'recording_full' });
  await small.close();
  expect(await openRecorder(directory, 'two', session)).toMatchObject({ code: 'recording_failed' });
  expect(await openRecorder('/dev/null', 'three', session)).toMatchObject({ code: 'recording_failed' });
});
