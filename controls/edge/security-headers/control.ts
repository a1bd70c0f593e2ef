import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

/** A page of the canary app, which sets no security header of its own. */
export default control({
  id: 'edge/security-headers',
  claims: ['ING-6'],
  sentence: 'A page of an app that sets no security headers carries the usual ones.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const { status, headers } = await tools.web(`https://${tools.canary('a').host}/`);
    return { status, headers };
  },
  judge,
  restore: async () => {},
});
