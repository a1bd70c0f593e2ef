import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const facts = { people: 3, bare: 0, overlong: 0 };
const sound = { facts, attempts: [{ what: 'a revoked token', refused: true, said: '401' }], works: true };
const faulty = (fault: Partial<typeof facts>) => ({ ...sound, facts: { ...facts, ...fault } });

testJudge(judge, {
  broken: {
    'a revoked token is good': {
      ...sound,
      attempts: [{ what: 'a revoked token', refused: false, said: '200' }],
    },
    'somebody in without a second factor': faulty({ bare: 1 }),
    'a token for ever': faulty({ overlong: 1 }),
  },
  sound: { 'all refused': sound, 'nobody has an account yet': faulty({ people: 0 }) },
  inconclusive: {
    'a good token is refused too': { ...sound, works: false },
    'no token was made': { ...sound, facts: null },
    'nothing tried': { ...sound, attempts: [] },
    'no answer': { ...sound, attempts: [{ what: 'a revoked token', refused: null, said: '502' }] },
  },
});
