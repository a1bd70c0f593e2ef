import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const one = (vault: string, more = {}) => ({ vault, status: 'succeeded', found: true, ...more });
const world = (...restores: unknown[]) => ({ refused: null, restores });

testJudge(judge, {
  broken: {
    'one vault has an empty backup': world(one('x'), one('y', { found: false })),
    'one vault cannot be restored from': world(one('x'), one('y', { status: 'failed', found: null })),
    'there is one vault alone': world(one('x')),
  },
  sound: { 'each alone is enough': world(one('x'), one('y')) },
  inconclusive: {
    'nothing restored': world(),
    'no backup to be had': { refused: 'access_denied', restores: [] },
    'nobody could look': world(one('x'), one('y', { found: null })),
  },
  notApplicable: { 'no vault': { refused: 'no_vault', restores: [] } },
});
