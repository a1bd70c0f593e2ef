import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const at = (place: string, hits = 0, more = {}) => ({ place, bytes: 1024, hits, unread: null, ...more });
const world = (places: unknown[], more = {}) => ({
  kept: { database: true, volume: true },
  found: { database: true, volume: true },
  places,
  ...more,
});
const closed = [at('project-image'), at('engine'), at('processes'), at('vault')];

testJudge(judge, {
  broken: {
    'in the raw image': world([at('project-image', 3), at('engine'), at('processes'), at('unlocked', 3)]),
    'in the vault, though the search is blind elsewhere': world([...closed.slice(0, 3), at('vault', 1)]),
    'in a place that could be read in part only': world([
      ...closed,
      at('logs', 1, { unread: 'EIO' }),
      at('unlocked', 1),
    ]),
  },
  sound: { 'nowhere but with the key': world([...closed, at('unlocked', 2)]) },
  inconclusive: {
    'no places at all': world([]),
    'nothing unlocked either: the search is blind': world([...closed, at('unlocked', 0)]),
    'nobody looked where it lies unlocked': world(closed),
    'the image was not searched': world([at('engine'), at('processes'), at('unlocked', 2)]),
    'the image is empty': world([
      at('project-image', 0, { bytes: 0 }),
      ...closed.slice(1),
      at('unlocked', 2),
    ]),
    'a place could not be read': world([
      ...closed,
      at('logs', 0, { unread: 'logs: EACCES' }),
      at('unlocked', 2),
    ]),
    'the app kept nothing': world([...closed, at('unlocked', 2)], {
      kept: { database: false, volume: false },
    }),
    'the app lost it': world([...closed, at('unlocked', 2)], { found: { database: false, volume: false } }),
  },
});
