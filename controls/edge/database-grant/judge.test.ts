import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const yes = { in: true, error: null };
const no = { in: false, error: 'ECONNREFUSED' };
const sound = {
  refused: null,
  before: 'silent',
  during: yes,
  foreign: no,
  after: no,
  afterPort: 'silent',
  byItself: true,
};

testJudge(judge, {
  broken: {
    'open before': { ...sound, before: 'open' },
    'open before, and no grant to be had': { ...sound, refused: 'x', before: 'open', during: null },
    "the neighbour's opens too": { ...sound, foreign: yes },
    'the credential outlives the grant': { ...sound, after: yes },
    'the port outlives the grant': { ...sound, afterPort: 'open' },
  },
  sound: { 'shut, open, shut': sound },
  inconclusive: {
    'the grant was refused': { ...sound, refused: 'access_denied', during: null, foreign: null, after: null },
    'the grant lets nobody in': { ...sound, during: no },
    'nobody looked afterwards': { ...sound, after: null },
    "nobody tried the neighbour's": { ...sound, foreign: null },
    'somebody closed it': { ...sound, byItself: false },
  },
  notApplicable: { 'no gateway': { ...sound, refused: 'not_there', during: null } },
});
