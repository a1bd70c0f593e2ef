import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const sound = { asked: 65_535, open: [80, 443], allowed: [22, 80, 443] };
testJudge(judge, {
  broken: {
    'another port': { ...sound, open: [80, 443, 2375] },
    'another port in a scan that was cut short': { ...sound, asked: 10, open: [5432] },
  },
  sound: { 'the edge alone': sound, "the operator's own way in too": { ...sound, open: [22, 80, 443] } },
  inconclusive: {
    'nothing answers: the platform cannot be reached': { ...sound, open: [] },
    'not every port was asked': { ...sound, asked: 1024 },
  },
});
