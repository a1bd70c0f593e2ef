import { control } from '../../contract/control.ts';
import type { Neighbour, Tools } from '../../contract/tools.ts';
import { judge } from './judge.ts';

/** Nobody's. */
const NONE = '019a0000-0000-7000-8000-000000000000';

async function tryOn(tools: Tools, as: Neighbour | 'nobody', method: string, path: string, body?: unknown) {
  const { status, code } = await tools.api(as, method, path, body);
  // What does not exist was not refused as such, but nobody got in by it either.
  const refused = status >= 500 ? null : status >= 400;
  return { what: `${as} ${method} ${path}`, refused, said: code ?? String(status) };
}

/** A tenant and an outsider try the staff's side; the agent counts what staff did in the last days. */
export default control({
  id: 'platform/staff-access',
  claims: ['ACC-8', 'ACC-7'],
  sentence:
    'Staff reach a project only under a grant that somebody else gave, for as long as it lives, and the customer is told; no tenant plays staff.',
  when: 'anytime',
  everyHours: 12,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const { organization, project } = tools.canary('a');
    const own = await tools.api('a', 'GET', `/v1/projects/${project}/staff-access`);
    const asked = { project, scopes: ['logs', 'run', 'database'], seconds: 3600 };
    const attempts = [];
    for (const as of ['a', 'b', 'nobody'] as const) {
      attempts.push(await tryOn(tools, as, 'POST', '/v1/platform/staff-access', asked));
      attempts.push(await tryOn(tools, as, 'POST', '/v1/platform/break-glass', asked));
      attempts.push(await tryOn(tools, as, 'POST', `/v1/platform/break-glass/${NONE}/confirm`, {}));
      attempts.push(await tryOn(tools, as, 'GET', '/v1/platform/staff-access'));
      attempts.push(await tryOn(tools, as, 'GET', '/v1/platform/staff'));
      // A token is nobody's consent.
      const side = `/v1/organizations/${organization}/staff-access/${NONE}`;
      attempts.push(await tryOn(tools, as, 'POST', `${side}/approve`, {}));
    }
    for (const role of ['operator', 'security-officer', 'platform-auditor'])
      attempts.push(
        await tryOn(tools, 'a', 'POST', `/v1/organizations/${organization}/invitations`, {
          email: `${tools.token().slice(0, 12)}@example.org`,
          role,
        }),
      );
    return { facts: await tools.observe('staff-access', {}), attempts, works: own.status === 200 };
  },
  judge,
  restore: async () => {},
});
