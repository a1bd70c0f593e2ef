import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const works = [{ what: 'a GET its own', ok: true, said: '200' }];
const sound = { works, routes: 180, refused: 400, others: [] };

testJudge(judge, {
  broken: {
    'a neighbour was let past the guard': {
      ...sound,
      others: [{ what: 'b DELETE /v1/apps/x', refused: false, said: 'request_invalid' }],
    },
  },
  sound: { 'all refused': sound },
  inconclusive: {
    'nothing tried': { ...sound, refused: 0 },
    'the description is empty': { ...sound, routes: 3 },
    'the tenant does not see what is its own': { ...sound, works: [{ ...works[0], ok: false }] },
    'the API was ill': { ...sound, others: [{ what: 'b GET /', refused: null, said: '502' }] },
  },
});
