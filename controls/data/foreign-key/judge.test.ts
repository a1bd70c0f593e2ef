import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const one = (attempt: string, status: number | null) => ({
  vault: 'elsewhere',
  attempt,
  status,
  intact: null,
  said: '',
});

testJudge(judge, {
  broken: {
    "a's key opens it": { attempts: [one('own', 0), one('foreign', 0)] },
    "a's key opens it, though b's own does not": { attempts: [one('own', 1), one('foreign', 0)] },
  },
  sound: { "only b's own opens it": { attempts: [one('own', 0), one('foreign', 1)] } },
  inconclusive: {
    'nothing tried': { attempts: [] },
    'no foreign key tried': { attempts: [one('own', 0)] },
    'the right key opens nothing either': { attempts: [one('own', 1), one('foreign', 1)] },
    'nobody tried the right key': { attempts: [one('foreign', 1)] },
    'no end is known': { attempts: [one('own', 0), one('foreign', null)] },
  },
  notApplicable: { 'no vault': { attempts: null } },
});
