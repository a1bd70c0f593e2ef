import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const one = (project: string, lacks: string[] = [], answers = true) => ({ project, answers, lacks });
testJudge(judge, {
  broken: {
    'one lacks its database': { canaries: [one('a'), one('b', ['database'])] },
    'one does not answer': { canaries: [one('a'), one('b', [], false)] },
  },
  sound: { 'both whole': { canaries: [one('a'), one('b')] } },
  inconclusive: { 'none there': { canaries: [] }, 'one alone': { canaries: [one('a')] } },
});
