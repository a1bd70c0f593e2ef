import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const sound = {
  now,
  plain: { status: 308, location: 'https://a.example.org/', body: '' },
  secure: { ok: true, authorized: true, validTo: '2027-01-22T12:00:00.000Z' },
  page: { status: 200, hsts: 'max-age=31536000' },
};

testJudge(judge, {
  broken: {
    'plain HTTP is served': { ...sound, plain: { status: 200, location: null, body: 'hello' } },
    'redirected to plain HTTP': { ...sound, plain: { ...sound.plain, location: 'http://a.example.org/' } },
    'a certificate nobody trusts': { ...sound, secure: { ...sound.secure, authorized: false } },
    'a certificate that has ended': {
      ...sound,
      secure: { ...sound.secure, validTo: '2026-11-22T11:00:00.000Z' },
    },
    'no HSTS': { ...sound, page: { status: 200, hsts: null } },
    'HSTS of no length': { ...sound, page: { status: 200, hsts: 'max-age=0' } },
  },
  sound: { 'redirected and trusted': sound },
  inconclusive: {
    'no handshake': { ...sound, secure: { ok: false, authorized: false, validTo: null } },
    'the edge is ill': { ...sound, plain: { status: 503, location: null, body: '' } },
    'the app is down': { ...sound, page: { status: 503, hsts: null } },
  },
});
