import { z } from 'zod';
import { control } from '../../contract/control.ts';
import { masked } from '../../contract/masking.ts';
import { judge } from './judge.ts';

const Erasure = z.object({
  project: z.string(),
  status: z.string(),
  requestedAt: z.string(),
  certificate: z.string().nullable(),
});
type Erasure = z.infer<typeof Erasure>;
const Erasures = z.object({ erasures: z.array(Erasure) });
const Kept = z.object({ database: z.boolean() });
const Places = z.object({ places: z.unknown() });
const MINUTE = 60_000;

const kept = (body: string): boolean => {
  try {
    return Kept.parse(JSON.parse(body)).database;
  } catch {
    return false;
  }
};

/**
 * Both neighbours store the same string; b, backups and all, is erased at once; then the machine and its vault are
 * searched. b is made anew afterwards. A drill: it takes a canary away for as long as it lasts.
 */
export default control({
  id: 'data/erasure',
  claims: ['DAT-12'],
  sentence:
    'A project that was erased is gone with its backups, certified, and what it stored is found nowhere.',
  when: 'drill',
  everyHours: 720,
  position: 'anywhere',
  async arrange(tools) {
    await tools.ensureCanary('b');
    return { text: tools.token() };
  },
  async attack(tools, { text }) {
    const { project, host } = tools.canary('b');
    const nothing = { state: null, certificate: false, project: null, app: null, places: null };
    for (const side of ['a', 'b'] as const)
      await tools.web(`https://${tools.canary(side).host}/notes`, { method: 'POST', body: text });
    const found = await tools.web(`https://${host}/find`, { method: 'POST', body: text });
    await tools.change('b', 'POST', `/v1/projects/${project}/backups`, {});
    const path = `/v1/projects/${project}/erasure`;
    const asked = await tools.api('b', 'POST', path, { confirm: project, days: 0 });
    const begun = Erasure.safeParse(asked.body);
    if (asked.status >= 400 || !begun.success)
      return {
        ...nothing,
        kept: kept(found.body),
        refused:
          asked.status === 404 && asked.code !== 'project_not_found'
            ? 'not_there'
            : (asked.code ?? 'unclear'),
      };
    let erasure: Erasure | undefined;
    const until = tools.now() + 20 * MINUTE;
    while (tools.now() < until) {
      const { body } = await tools.api('b', 'GET', '/v1/erasures');
      const all = Erasures.safeParse(body).data?.erasures ?? [];
      const { requestedAt } = begun.data;
      erasure = all.find((one) => one.project === project && one.requestedAt === requestedAt);
      if (erasure?.status === 'done') break;
      await tools.sleep(2000);
    }
    const gone = await tools.api('b', 'GET', `/v1/projects/${project}`);
    const page = await tools.web(`https://${host}/`).catch(() => undefined);
    // The agent looks while both canaries are there.
    await tools.ensureCanary('b');
    const token = masked(text, tools.token() + tools.token());
    const { places } = Places.parse(await tools.observe('search', { token }));
    return {
      refused: null,
      kept: kept(found.body),
      state: erasure?.status ?? null,
      certificate: erasure?.certificate != null,
      project: gone.status,
      app: page?.status ?? null,
      places,
    };
  },
  judge,
  async restore(tools) {
    const lacks = await tools.ensureCanary('b');
    if (lacks.length > 0) throw new Error(`the canary lacks ${lacks.join(', ')}`);
  },
});
