import { describe, expect, it } from 'vitest';
import { LINE_LIMIT, makeLogLines } from './loglines.ts';

const AT = '2026-11-22T01:00:00.000000001Z';
const frame = (text: string, source = 1): Buffer => {
  const data = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = source;
  head.writeUInt32BE(data.length, 4);
  return Buffer.concat([head, data]);
};

describe('log lines', () => {
  it('are the same however the bytes arrive', () => {
    const bytes = Buffer.concat([frame(`${AT} é one\n`), frame(`${AT} two\n`, 2)]);
    for (let size = 1; size <= bytes.length; size += 1) {
      const lines = makeLogLines();
      const got = [];
      for (let at = 0; at < bytes.length; at += size) got.push(...lines.push(bytes.subarray(at, at + size)));
      expect(got).toEqual([
        { at: AT, source: 'stdout', text: 'é one' },
        { at: AT, source: 'stderr', text: 'two' },
      ]);
    }
  });

  it('are put together from the pieces of a long entry, each with a stamp of its own', () => {
    const lines = makeLogLines();
    expect(lines.push(Buffer.concat([frame(`${AT} ab`), frame(`${AT} cd\n`)]))).toEqual([
      { at: AT, source: 'stdout', text: 'abcd' },
    ]);
  });

  it('say of which task they are, and do not mix what two write at the same time', () => {
    const lines = makeLogLines();
    const of = (task: string, text: string) =>
      frame(
        `${AT} com.docker.swarm.node.id=n,com.docker.swarm.service.id=s,com.docker.swarm.task.id=${task} ${text}`,
      );
    const forged = 'com.docker.swarm.task.id=b is what I say\n';
    expect(
      lines.push(Buffer.concat([of('a', 'ab'), of('b', 'xy\n'), of('a', 'cd\n'), of('a', forged)])),
    ).toEqual([
      { at: AT, source: 'stdout', text: 'xy', task: 'b' },
      { at: AT, source: 'stdout', text: 'abcd', task: 'a' },
      { at: AT, source: 'stdout', text: forged.trimEnd(), task: 'a' },
    ]);
  });

  it('leave out what the engine says of tasks without a log', () => {
    const lines = makeLogLines();
    expect(lines.push(frame('Error grabbing logs: rpc error: no such container\n', 2))).toEqual([]);
  });

  it('are cut where one never ends', () => {
    const lines = makeLogLines();
    expect(lines.push(frame('x'.repeat(LINE_LIMIT + 1)))).toHaveLength(1);
    expect(lines.flush()).toMatchObject([{ text: 'x' }]);
  });
});
