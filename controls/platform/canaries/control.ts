import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

/** Makes the canary projects that every other control attacks, or what they lack, and looks whether they answer. */
export default control({
  id: 'platform/canaries',
  claims: ['VUL-7'],
  sentence:
    'Two neighbouring canary projects stand ready to be attacked, each with an app, a database and a volume.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const canaries = [];
    for (const side of ['a', 'b'] as const) {
      const lacks = await tools.ensureCanary(side);
      const { host, project } = tools.canary(side);
      const page = await tools.web(`https://${host}/count`).catch(() => undefined);
      canaries.push({ project, answers: page?.status === 200, lacks });
    }
    return { canaries };
  },
  judge,
  restore: async () => {},
});
