import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const facts = { grants: 3, unconsented: 0, overlong: 0, outside: 0, bare: 0, untold: 0 };
const attempts = [{ what: 'ask as a tenant', refused: true, said: 'access_denied' }];
const sound = { facts, attempts, works: true };
const through = { what: 'approve with a token', refused: false, said: '200' };

testJudge(judge, {
  broken: {
    'a grant without consent': { ...sound, facts: { ...facts, unconsented: 1 } },
    'a grant that lives on': { ...sound, facts: { ...facts, overlong: 1 } },
    'an expired grant that still opens': { ...sound, facts: { ...facts, outside: 1 } },
    "an operator role reads a customer's route": { ...sound, facts: { ...facts, bare: 2 } },
    'a break-glass in silence': { ...sound, facts: { ...facts, untold: 1 } },
    'a tenant plays staff': { ...sound, attempts: [...attempts, through] },
  },
  sound: {
    'all kept to': sound,
    'nobody ever asked': { ...sound, facts: { ...facts, grants: 0 } },
  },
  inconclusive: {
    'nothing tried': { ...sound, attempts: [] },
    'the tenant sees nothing': { ...sound, works: false },
    'the API is ill': { ...sound, attempts: [{ what: 'ask', refused: null, said: '502' }] },
  },
});
