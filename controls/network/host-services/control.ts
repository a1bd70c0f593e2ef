import { z } from 'zod';
import { Attempt } from '../../contract/attempts.ts';
import { control } from '../../contract/control.ts';
import { reported } from '../../contract/inside.ts';
import { judge } from './judge.ts';
import { SCRIPT } from './script.ts';

const Seen = z.object({ edge: z.string(), attempts: z.array(Attempt) });

/** From a container: the machine's public and internal addresses and its gateways, at every port where something of ours or of a usual host listens. */
export default control({
  id: 'network/host-services',
  claims: ['NET-5'],
  sentence: "No container reaches a service of the machine or of the platform's own, the edge aside.",
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const input = { address: tools.address, internal: ['10.200.0.1', '10.202.0.1'] };
    const { edge, attempts } = await reported(tools, 'a', SCRIPT, Seen, input);
    return { works: [{ what: 'the edge, from inside', ok: edge === 'open', said: edge }], attempts };
  },
  judge,
  restore: async () => {},
});
