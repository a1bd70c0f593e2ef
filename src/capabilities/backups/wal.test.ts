import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstSegment, parseMark } from './parse.ts';
import { blockSize, coversUntil, isBehind, isFinished, spoolOf, stillOpen } from './wal.ts';

const segment = (n: number, timeline = 1) =>
  [timeline, Math.floor(n / 256), n % 256]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
const at = (seconds: number) => new Date(seconds * 1000);

describe('what is covered', () => {
  it('is never more than what is in the vault', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1000), fc.nat(600)), { maxLength: 40 }),
        fc.nat(600),
        (pairs, shipped) => {
          // Time and place in the history both only grow.
          const times = pairs.map(([time]) => time).sort((a, b) => a - b);
          const places = pairs.map(([, n]) => n).sort((a, b) => a - b);
          const marks = times.map((time, i) => ({ at: at(time), segment: segment(places[i]!) }));
          const until = coversUntil(marks, segment(shipped));
          for (const mark of marks) {
            const safe =
              Number.parseInt(mark.segment.slice(8), 16) <= Number.parseInt(segment(shipped).slice(8), 16);
            if (!safe && until) expect(until.getTime()).toBeLessThanOrEqual(mark.at.getTime());
          }
          expect(
            stillOpen(marks, segment(shipped)).every(
              (m) => !marks.includes(m) || isBehind(spoolOf([m.segment]), segment(shipped)),
            ),
          ).toBe(true);
        },
      ),
    );
  });

  it('is nothing while nothing was seen', () => expect(coversUntil([], segment(5))).toBeNull());
});

describe('the spool', () => {
  it('keeps segments and histories, and sees a gap', () => {
    const names = [
      segment(2),
      'part.x',
      '00000002.history',
      segment(1),
      `${segment(1)}.00000028.backup`,
      'GAP',
    ];
    expect(spoolOf(names)).toEqual({
      files: [segment(1), segment(2), '00000002.history'].sort(),
      first: segment(1),
      newest: segment(2),
      gap: true,
    });
    expect(spoolOf([])).toMatchObject({ newest: null, gap: false });
  });

  it('goes on over a change of timeline', () => {
    expect(isBehind(spoolOf([segment(7, 2)]), segment(6, 1))).toBe(true);
    expect(isBehind(spoolOf([segment(6, 2)]), segment(7, 1))).toBe(false);
  });

  it('is emptied only of what every vault has', () => {
    const spool = spoolOf([1, 2, 3, 4].map((n) => segment(n)));
    expect(isFinished(spool, [segment(4), segment(4)], 4)).toBe(true);
    expect(isFinished(spool, [segment(4), segment(3)], 4)).toBe(false);
    expect(isFinished(spool, [segment(4), null], 4)).toBe(false);
    expect(isFinished(spool, [], 4)).toBe(false);
    expect(isFinished(spool, [segment(4)], 5)).toBe(false);
  });

  it('holds four blocks', () => {
    expect(blockSize(1024 ** 3)).toBe(4);
    expect(blockSize(16 * 1024 ** 3)).toBe(64);
    expect(blockSize(64 * 1024 ** 3)).toBe(128);
  });
});

it('reads what PostgreSQL says', () => {
  expect(parseMark(`2026-11-22T04:30:00.123456Z|${segment(9)}\n`)).toEqual({
    at: new Date('2026-11-22T04:30:00.123Z'),
    segment: segment(9),
  });
  for (const nonsense of ['', '|', 'now|x', `never|${segment(1)}`])
    expect(parseMark(nonsense)).toBeUndefined();
  const label = 'backup_label\0\0START WAL LOCATION: 0/4000028 (file 000000010000000000000004)\nCHECKPOINT';
  expect(firstSegment(label)).toBe(segment(4));
  expect(firstSegment('CHECKPOINT')).toBeUndefined();
});
