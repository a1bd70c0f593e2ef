import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const sound = { tries: 7, waits: 1, taken: false, first: 'sign_in_refused', before: 200, after: 200 };

testJudge(judge, {
  broken: {
    'nobody has to wait': { ...sound, tries: 60, waits: 0 },
    'it waits far too late': { ...sound, tries: 55 },
    'a guess was right': { ...sound, taken: true },
    'who guesses locks out who is in': { ...sound, after: 429 },
  },
  sound: {
    'it waits after a few': sound,
    'it had to wait from the first': { ...sound, tries: 1, first: null },
  },
  inconclusive: {
    'no answer at all': { ...sound, waits: 0, tries: 60, first: null },
    'it was given up early': { ...sound, waits: 0, tries: 3 },
    'the canary is not let in before': { ...sound, before: 503 },
  },
});
