import { expect, it } from 'vitest';
import type { Judgement, Verdict } from './judging.ts';

/** Worlds by the verdict that they have to get. */
export interface Worlds {
  readonly broken: Readonly<Record<string, unknown>>;
  readonly sound: Readonly<Record<string, unknown>>;
  /** What it must not take for held: nothing there, tools that do not work, parts that are not known. */
  readonly inconclusive?: Readonly<Record<string, unknown>>;
  readonly notApplicable?: Readonly<Record<string, unknown>>;
}

const UNREADABLE = [undefined, null, '', 'held', 7, [], [{}], { verdict: 'held' }, { error: 'no answer' }];

/** The one test that every judge passes: a broken, a sound, an empty and an unreadable world. */
export function testJudge(judge: (world: unknown) => Judgement, worlds: Worlds): void {
  const each = (verdict: Verdict, of: Readonly<Record<string, unknown>> | undefined) => {
    for (const [name, world] of Object.entries(of ?? {}))
      it(`${verdict}: ${name}`, () => expect(judge(world)).toMatchObject({ verdict }));
  };
  each('broken', worlds.broken);
  each('held', worlds.sound);
  each('inconclusive', worlds.inconclusive);
  each('not-applicable', worlds.notApplicable);
  it('inconclusive: an empty world', () => expect(judge({}).verdict).toBe('inconclusive'));
  it.each(UNREADABLE)('inconclusive: a world that it cannot read, %j', (world) =>
    expect(judge(world).verdict).toBe('inconclusive'),
  );
}

const WORKS = [{ what: 'the same from where it is allowed', ok: true, said: '' }];
const REFUSED = { what: 'one way', refused: true, said: 'no' };
const THROUGH = { what: 'another way', refused: false, said: 'in' };

/** The one test of every judge of attempts (`Attempts`), whatever is attempted. */
export const testAttempts = (judge: (world: unknown) => Judgement): void =>
  testJudge(judge, {
    broken: {
      'one of several got through': { works: WORKS, attempts: [REFUSED, THROUGH] },
      'one got through, though the tools are lame': {
        works: [{ ...WORKS[0], ok: false, said: 'no' }],
        attempts: [THROUGH],
      },
    },
    sound: { 'all refused': { works: WORKS, attempts: [REFUSED] } },
    inconclusive: {
      'nothing tried': { works: WORKS, attempts: [] },
      'nothing shows that it could have worked': { works: [], attempts: [REFUSED] },
      'what has to work does not': { works: [{ ...WORKS[0], ok: false }], attempts: [REFUSED] },
      'an attempt whose end is not known': {
        works: WORKS,
        attempts: [REFUSED, { ...REFUSED, refused: null }],
      },
    },
  });
