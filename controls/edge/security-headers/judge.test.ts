import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const headers = {
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'strict-origin-when-cross-origin',
};
const without = (name: keyof typeof headers) => {
  const { [name]: _, ...rest } = headers;
  return { status: 200, headers: rest };
};

testJudge(judge, {
  broken: {
    'no nosniff': without('x-content-type-options'),
    'framed by anybody': without('x-frame-options'),
    'no headers at all': { status: 200, headers: {} },
    'a frame policy that allows everybody': {
      status: 200,
      headers: { ...headers, 'x-frame-options': 'ALLOWALL' },
    },
    'it tells its version': { status: 200, headers: { ...headers, server: 'nginx/1.18.0' } },
  },
  sound: { 'all there': { status: 200, headers } },
  inconclusive: { 'an error page proves nothing of a page': { status: 503, headers } },
});
