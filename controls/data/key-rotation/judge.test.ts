import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const key = (generation: number, more = {}) => ({
  generation,
  createdAt: '2026-11-01T00:00:00.000Z',
  state: 'current',
  ...more,
});
const sound = {
  now,
  before: [key(1)],
  after: [key(1, { state: 'old' }), key(2)],
  rotation: 'succeeded',
  requests: { asked: 40, failed: 0 },
  old: true,
  fresh: true,
};

testJudge(judge, {
  broken: {
    'the key is the same': { ...sound, after: [key(1)] },
    'the old one is current too': { ...sound, after: [key(2), key(1)] },
    'what was stored is lost': { ...sound, old: false },
    'nothing new is kept': { ...sound, fresh: false },
    'requests failed meanwhile': { ...sound, requests: { asked: 40, failed: 1 } },
    'it was never rotated by itself': {
      ...sound,
      before: [key(1, { createdAt: '2026-01-01T00:00:00.000Z' })],
    },
  },
  sound: { 'a new generation, unnoticed': sound },
  inconclusive: {
    'no key at all': { ...sound, before: [] },
    'no current key': { ...sound, before: [key(1, { state: 'destroyed' })] },
    'the rotation failed': { ...sound, rotation: 'failed' },
    'nobody asked the app': { ...sound, requests: { asked: 0, failed: 0 } },
  },
});
