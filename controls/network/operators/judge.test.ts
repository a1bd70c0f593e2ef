import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const works = [{ what: 'the API', ok: true, said: '200' }];
const refused = { what: 'one way', refused: true, said: 'vpn_only' };
const on = { on: true, said: 'vpn_only', works };

testJudge(judge, {
  broken: {
    'one of several got an answer': {
      ...on,
      attempts: [refused, { ...refused, refused: false, said: '200' }],
    },
  },
  sound: { 'all refused': { ...on, attempts: [refused] } },
  inconclusive: {
    'nothing tried': { ...on, attempts: [] },
    'nothing works at all': { ...on, works: [{ ...works[0], ok: false }], attempts: [refused] },
    'the API does not say whether it is on': { ...on, on: false, said: '503', attempts: [] },
  },
  notApplicable: {
    'the VPN is off': { ...on, on: false, said: 'not_signed_in', attempts: [] },
  },
});
