import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const headers = {
  'content-security-policy': "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000',
};
const page = (more: Record<string, string>, status = 200) => ({
  pages: [{ path: '/account', status, headers: { ...headers, ...more } }],
});

testJudge(judge, {
  broken: {
    'scripts from everywhere': page({
      'content-security-policy': "script-src 'self' https://cdn.example; frame-ancestors 'none'",
    }),
    'inline scripts': page({
      'content-security-policy': "script-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    }),
    'no policy': page({ 'content-security-policy': '' }),
    'framed by itself': page({
      'content-security-policy': "default-src 'none'; frame-ancestors 'self'",
    }),
    'a cookie': page({ 'set-cookie': 'sid=1' }),
    'read by everybody': page({ 'access-control-allow-origin': '*' }),
    'an open redirect': page({ location: 'https://elsewhere.example' }),
    'types guessed': page({ 'x-content-type-options': '' }),
    'HTTPS for a day': page({ 'strict-transport-security': 'max-age=86400' }),
  },
  sound: { 'all as promised': page({}) },
  inconclusive: { 'an error page': page({}, 503), 'no pages': { pages: [] } },
});
