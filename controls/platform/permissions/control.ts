import { control } from '../../contract/control.ts';
import type { Canary, Party, Tools } from '../../contract/tools.ts';
import { judge } from './judge.ts';
import { Description, type Target, targets } from './routes.ts';

/** Whoever is let past the guard hears of his request's form; who is not hears that he may not, or that there is no such thing. */
const REFUSALS = new Set([401, 403, 404]);
/** Between two requests, so that the limits of the edge are not what answers. */
const PAUSE_MS = 50;
const BUSY = 429;

/** Nothing of the canary is told where everybody may ask. */
const untold = ({ app, project, organization }: Canary, body: unknown): boolean =>
  ![app, project, organization].some((name) => JSON.stringify(body).includes(`"${name}"`));

async function tryOn(tools: Tools, as: Party, { method, path, lists }: Target) {
  let answer = await tools.api(as, method, path);
  for (let left = 5; left > 0 && answer.status === BUSY; left -= 1) {
    await tools.sleep(2000);
    answer = await tools.api(as, method, path);
  }
  await tools.sleep(PAUSE_MS);
  const { status, code, body } = answer;
  const kept = REFUSALS.has(status) || (lists && (status >= 400 || untold(tools.canary('a'), body)));
  const known = status < 500 && status !== BUSY;
  return { what: `${as} ${method} ${path}`, refused: known ? kept : null, said: code ?? String(status) };
}

/**
 * Reads from the platform what routes it has, and asks for each: a neighbour and a stranger on one canary's behalf,
 * all three on the operators' side. A change is asked for without a body, so that what is let through breaks little.
 */
export default control({
  id: 'platform/permissions',
  claims: ['ACC-1', 'ACC-7'],
  sentence: 'No route of the API answers somebody who has no right to what it is about.',
  when: 'anytime',
  everyHours: 168,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const canary = tools.canary('a');
    const described = await tools.api('nobody', 'GET', '/openapi.json');
    const all = targets(Description.parse(described.body), canary);
    const works = [];
    for (const path of [`/v1/projects/${canary.project}`, `/v1/apps/${canary.app}`]) {
      const { status, code } = await tools.api('a', 'GET', path);
      works.push({ what: `a GET ${path}`, ok: status === 200, said: code ?? String(status) });
    }
    const attempts = [];
    for (const target of all) {
      if (target.resource === 'platform' && !target.lists) attempts.push(await tryOn(tools, 'a', target));
      for (const as of ['b', 'nobody'] as const) attempts.push(await tryOn(tools, as, target));
    }
    tools.say(`${all.length} routes, ${attempts.length} attempts`);
    // The evidence keeps what is worth reading: whatever was not plainly refused, and the count of the rest.
    return {
      works,
      routes: all.length,
      refused: attempts.filter(({ refused }) => refused === true).length,
      others: attempts.filter(({ refused }) => refused !== true),
    };
  },
  judge,
  restore: async () => {},
});
