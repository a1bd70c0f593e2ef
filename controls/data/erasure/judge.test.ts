import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const at = (place: string, hits = 0, unread: string | null = null) => ({ place, bytes: 9, hits, unread });
const sound = {
  refused: null,
  kept: true,
  state: 'done',
  certificate: true,
  project: 404,
  app: 404,
  places: [at('unlocked', 2), at('engine'), at('vault')],
};

testJudge(judge, {
  broken: {
    'found in the vault': { ...sound, places: [at('unlocked', 2), at('vault', 1)] },
    'found, and the erasure is not done either': { ...sound, state: 'waiting', places: [at('engine', 1)] },
    'the project still answers': { ...sound, project: 200 },
    'the app still answers': { ...sound, app: 200 },
    'no certificate': { ...sound, certificate: false },
  },
  sound: { 'gone and certified': sound },
  inconclusive: {
    'it was refused': { ...sound, refused: 'access_denied' },
    'nothing was stored': { ...sound, kept: false },
    'it is not done': { ...sound, state: 'waiting' },
    'nobody searched': { ...sound, places: null },
    'the search is blind': { ...sound, places: [at('unlocked'), at('vault')] },
    'a place could not be read': { ...sound, places: [at('unlocked', 1), at('vault', 0, 'EIO')] },
  },
  notApplicable: { 'no such thing': { ...sound, refused: 'not_there' } },
});
