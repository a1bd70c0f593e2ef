import { expect, test } from 'vitest';
import {
  FromPerson,
  MAX_MESSAGE,
  PIECE,
  pack,
  pieces,
  readMessage,
  SessionOptions,
  unpack,
} from './terminal.ts';

test('data carries its stream in its first byte, and comes back as it was', () => {
  const data = Buffer.from([0, 255, 10]);
  for (const channel of ['stdin', 'stdout', 'stderr'] as const)
    expect(unpack(pack(channel, data))).toEqual({ channel, data });
  expect(unpack(Buffer.from([3, 1]))).toBeUndefined();
  expect(unpack(Buffer.alloc(0))).toBeUndefined();
});

test('what is long goes in pieces that fit', () => {
  const parts = [...pieces(Buffer.alloc(PIECE * 2 + 1, 7))];
  expect(parts.map(({ length }) => length)).toEqual([PIECE, PIECE, 1]);
  expect(pack('stdin', parts[0]!).length).toBeLessThanOrEqual(MAX_MESSAGE);
});

test('a message that is not in the protocol is none', () => {
  expect(readMessage(FromPerson, '{"type":"resize","columns":80,"rows":24}')).toEqual({
    type: 'resize',
    columns: 80,
    rows: 24,
  });
  for (const text of [
    '{',
    '{}',
    '{"type":"resize","columns":0,"rows":24}',
    '{"type":"resize","columns":80,"rows":24,"argv":["id"]}',
    '{"type":"exec","argv":["id"]}',
  ])
    expect(readMessage(FromPerson, text), text).toBeUndefined();
});

test('a session asks for nothing but what it may, and for no recording unless told', () => {
  expect(SessionOptions.parse({})).toEqual({
    terminal: null,
    term: 'xterm-256color',
    seconds: 3600,
    record: false,
  });
  for (const wrong of [{ term: 'a b' }, { term: '../x' }, { user: 'root' }, { seconds: 86_401 }])
    expect(SessionOptions.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
});
