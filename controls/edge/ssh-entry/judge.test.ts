import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const facts = { entries: 0, overdue: 0, long: 0, bare: 0 };
const sound = {
  refused: null,
  before: 'closed',
  first: facts,
  during: 'open',
  certificate: 403,
  after: 'closed',
  last: facts,
};
const faulty = (fault: Partial<typeof facts>) => ({ ...sound, last: { ...facts, ...fault } });

testJudge(judge, {
  broken: {
    'open though nothing is': { ...sound, before: 'open' },
    'open after its end': { ...sound, after: 'open' },
    'a token got a certificate': { ...sound, certificate: 202 },
    'an entry that does not end': faulty({ overdue: 1 }),
    'a certificate for a day': faulty({ long: 1 }),
    'a certificate without a second factor': faulty({ bare: 1 }),
  },
  sound: { 'closed, open, closed': sound, 'silent where it is closed': { ...sound, before: 'silent' } },
  inconclusive: {
    'it did not open': { ...sound, during: 'closed' },
    'others are in': faulty({ entries: 1 }),
    'it was refused': { ...sound, refused: 'ssh_failed' },
    'the API was ill': { ...sound, certificate: 502 },
  },
});
