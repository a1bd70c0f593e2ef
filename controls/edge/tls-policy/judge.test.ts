import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const works = [{ what: 'the same from where it is allowed', ok: true, said: '' }];
const refused = { what: 'one way', refused: true, said: 'no' };

testJudge(judge, {
  broken: {
    'one of several got through': {
      works,
      attempts: [refused, { what: 'another way', refused: false, said: 'in' }],
    },
    'one got through, though the tools are lame': {
      works: [{ what: 'the same from where it is allowed', ok: false, said: 'no' }],
      attempts: [{ what: 'one way', refused: false, said: 'in' }],
    },
  },
  sound: { 'all refused': { works, attempts: [refused] } },
  inconclusive: {
    'nothing tried': { works, attempts: [] },
    'nothing shows that it could have worked': { works: [], attempts: [refused] },
    'what has to work does not': { works: [{ ...works[0], ok: false }], attempts: [refused] },
    'an attempt whose end is not known': { works, attempts: [refused, { ...refused, refused: null }] },
  },
});
