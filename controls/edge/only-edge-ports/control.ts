import { control } from '../../contract/control.ts';
import { scan } from '../../contract/scan.ts';
import { judge } from './judge.ts';

/** What the internet may reach, and the operator's own way in, which is the machine's and not the platform's. */
const ALLOWED = [22, 80, 443, 2200];

/** Knocks at every TCP port of the platform's public address. */
export default control({
  id: 'edge/only-edge-ports',
  claims: ['ING-1', 'ING-2'],
  sentence: 'From outside, the platform answers on the published entry ports and on no other.',
  when: 'anytime',
  everyHours: 24,
  position: 'outside',
  arrange: async () => undefined,
  async attack(tools) {
    const ports = Array.from({ length: 65_535 }, (_, i) => i + 1);
    const { asked, open } = await scan(tools, tools.address, ports, 1500);
    // An open port that is open once only was somebody else's connection.
    const again = await scan(tools, tools.address, open, 3000);
    return { asked, open: again.open, allowed: ALLOWED };
  },
  judge,
  restore: async () => {},
});
