import { z } from 'zod';
import type { Attempt } from '../../contract/attempts.ts';
import { control } from '../../contract/control.ts';
import { reported } from '../../contract/inside.ts';
import { judge } from './judge.ts';
import { SCRIPT } from './script.ts';

/** The address of the server inside the VPN, which nobody may reach who is not. */
const INSIDE = '10.202.0.1';
const FIRST = '/v1/platform/vpn';
/** What operators ask most, and what would tell a stranger most. */
const ASKED = [FIRST, '/v1/platform/vpn/peers', '/v1/platform/staff', '/v1/platform/throttles', '/v1/vaults'];
/** How a client could say that it comes from elsewhere. */
const HEADERS = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'x-forwarded-host', 'x-bastide-inside'];
const Seen = z.object({ edge: z.string(), knocked: z.string() });

/** Asks for what is the operators', without and with a tenant's credentials, with forged headers, and knocks at the address inside. */
export default control({
  id: 'network/operators',
  claims: ['NET-4'],
  sentence: 'Operator endpoints answer inside the VPN and nowhere else, once it is on.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const [first, up, own] = [
      await tools.api('nobody', 'GET', FIRST),
      await tools.api('nobody', 'GET', '/up'),
      await tools.api('a', 'GET', `/v1/projects/${tools.canary('a').project}`),
    ];
    const on = first.code === 'vpn_only';
    const works = [
      { what: 'the API', ok: up.status === 200, said: String(up.status) },
      { what: 'a tenant’s own project', ok: own.status === 200, said: own.code ?? String(own.status) },
    ];
    if (!on) return { on, said: first.code ?? String(first.status), works, attempts: [] };
    const attempts: Attempt[] = [];
    for (const as of ['nobody', 'a'] as const)
      for (const path of ASKED) {
        const { code, status } = await tools.api(as, 'GET', path);
        attempts.push({
          what: `${path} as ${as}`,
          refused: code === 'vpn_only',
          said: code ?? String(status),
        });
      }
    for (const header of HEADERS) {
      const url = `https://bastide.${tools.domain}${FIRST}`;
      const { body, status } = await tools.web(url, { headers: { [header]: '10.202.0.2' } });
      attempts.push({ what: `with ${header}`, refused: body.includes('"vpn_only"'), said: String(status) });
    }
    const port = await tools.port(INSIDE, 443, 3000);
    attempts.push({ what: `${INSIDE} from here`, refused: port !== 'open', said: port });
    const seen = await reported(tools, 'a', SCRIPT, Seen, { address: tools.address, inside: INSIDE });
    attempts.push({
      what: `${INSIDE} from a container`,
      refused: seen.knocked !== 'open',
      said: seen.knocked,
    });
    works.push({ what: 'the edge, from a container', ok: seen.edge === 'open', said: seen.edge });
    return { on, said: 'vpn_only', works, attempts };
  },
  judge,
  restore: async () => {},
});
