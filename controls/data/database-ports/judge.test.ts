import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const silent = { port: 5432, answer: 'silent' };
testJudge(judge, {
  broken: {
    'a port answers': { edge: 'open', ports: [silent, { port: 6379, answer: 'open' }] },
    'a port answers and the edge does not': { edge: 'silent', ports: [{ port: 5432, answer: 'open' }] },
  },
  sound: { 'silence and resets': { edge: 'open', ports: [silent, { port: 3306, answer: 'closed' }] } },
  inconclusive: {
    'no port asked': { edge: 'open', ports: [] },
    'the platform cannot be reached at all': { edge: 'unreachable', ports: [silent] },
  },
});
