import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const attempts = [
  { attempt: 'DELETE', status: 405 },
  { attempt: 'PUT', status: 404 },
];
const sound = { sealedAfterMs: 1200, entries: 40, unproven: [] as number[], signed: true, attempts };

testJudge(judge, {
  broken: {
    'an entry was altered': { ...sound, unproven: [7] },
    'nobody signed the tree': { ...sound, signed: false },
    'what was done is not in the log': { ...sound, sealedAfterMs: null },
    'the API deletes': { ...sound, attempts: [...attempts, { attempt: 'DELETE all', status: 200 }] },
  },
  sound: { 'all proven': sound },
  inconclusive: {
    'no entries at all': { ...sound, sealedAfterMs: null, entries: 0 },
    'nothing tried': { ...sound, attempts: [] },
    'the API is ill': { ...sound, attempts: [{ attempt: 'DELETE', status: 502 }] },
  },
});
