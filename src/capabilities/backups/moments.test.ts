import { describe, expect, it } from 'vitest';
import { inventory } from './check.ts';
import { chooseBase as choose, type Span } from './moments.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 22, hour));
const span = (id: string, from: number, until: number | null, ready = true): Span => ({
  id,
  from: at(from),
  until: until === null ? null : at(until),
  ready,
  growing: false,
});
const chooseBase = (spans: readonly Span[], to: Date) => choose(spans, to, at(20));

describe('the physical backup for a moment', () => {
  const spans = [span('old', 1, 9), span('young', 5, 9), span('next', 8, 9)];

  it('is the youngest before it', () => {
    expect(chooseBase(spans, at(6)).id).toBe('young');
    expect(chooseBase(spans, at(8)).id).toBe('next');
    expect(chooseBase(spans, at(2)).id).toBe('old');
  });

  it('is one whose vault answers, if there is one', () => {
    expect(chooseBase([span('away', 5, 9, false), span('here', 1, 9)], at(6)).id).toBe('here');
    expect(chooseBase([span('away', 5, 9, false)], at(6)).id).toBe('away');
  });

  it('reaches until now where the database runs, and not beyond', () => {
    const growing = { ...span('a', 1, 3), growing: true };
    expect(chooseBase([growing], at(10)).id).toBe('a');
    expect(chooseBase([{ ...growing, until: null }], at(10)).id).toBe('a');
    expect(chooseBase([growing], at(21)).id).toBeNull();
  });

  it('is none for what is not covered, and says what is', () => {
    expect(chooseBase(spans, at(10))).toEqual({ id: null, from: at(1), until: at(9) });
    expect(chooseBase(spans, at(0)).id).toBeNull();
    expect(chooseBase([span('a', 1, null)], at(2))).toEqual({ id: null, from: null, until: null });
    // A gap between two histories is not bridged.
    expect(chooseBase([span('a', 1, 3), span('b', 5, 9)], at(4)).id).toBeNull();
  });
});

describe('the inventory of a repository', () => {
  const listed = [
    { id: '1', snapshot: 'a', signed: true },
    { id: '2', snapshot: 'b', signed: false },
  ];
  const shown = (id: string, ours = true, takenAt = 0) => ({ id, ours, takenAt });

  it('is in order where both say the same, and what we made and did not list is ours', () => {
    expect(inventory(listed.slice(0, 1), [shown('a'), shown('pass-1')], 5)).toEqual({
      missing: [],
      forged: [],
      unknown: [],
    });
  });

  it('tells what vanished, what was changed, and what nobody of us made', () => {
    expect(inventory(listed, [shown('b'), shown('x', false)], 5)).toEqual({
      missing: ['1'],
      forged: ['2'],
      unknown: ['x'],
    });
  });

  it('leaves alone what came after it began to look', () => {
    expect(inventory([], [shown('x', false, 6)], 5).unknown).toEqual([]);
  });
});
