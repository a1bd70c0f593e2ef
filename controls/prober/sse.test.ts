import { expect, it } from 'vitest';
import { parseEvents } from './sse.ts';

it('reads events in order, over several lines, and leaves out comments and what is no JSON', () => {
  const text =
    ': beat\n\nevent: output\nid: 1\ndata: {"a":\ndata: 1}\n\nevent: x\ndata: {{\n\nevent: end\r\ndata: 2\r\n\r\n';
  expect(parseEvents(text)).toEqual([
    { event: 'output', data: { a: 1 } },
    { event: 'end', data: 2 },
  ]);
});
