import { z } from 'zod';
import { control } from '../../contract/control.ts';
import type { Tools } from '../../contract/tools.ts';
import { judge } from './judge.ts';

const Keys = z.object({
  keys: z.array(z.object({ generation: z.int(), state: z.string(), createdAt: z.string() })),
});

async function keysOf(tools: Tools) {
  const answer = await tools.api('a', 'GET', `/v1/projects/${tools.canary('a').project}/keys`);
  return Keys.parse(answer.body).keys;
}

const Found = z.object({ database: z.boolean() });
const says = (body: string): boolean => {
  try {
    return Found.parse(JSON.parse(body)).database;
  } catch {
    return false;
  }
};

/** Replaces a canary's key while its app is asked all the time, and reads what was stored before. */
export default control({
  id: 'data/key-rotation',
  claims: ['DAT-4'],
  sentence:
    "A project's key is rotated at least every 90 days, and on demand, while its app serves and what it stored stays readable.",
  when: 'anytime',
  everyHours: 168,
  position: 'anywhere',
  arrange: async (tools) => ({ text: tools.token(), app: `https://${tools.canary('a').host}` }),
  async attack(tools, { text, app }) {
    const post = (path: string, body: string) =>
      tools.web(`${app}${path}`, { method: 'POST', body }).then((answer) => says(answer.body));
    await post('/notes', text);
    const before = await keysOf(tools);
    const requests = { asked: 0, failed: 0 };
    let rotating = true;
    const asking = (async () => {
      while (rotating) {
        const answer = await tools.web(`${app}/count`).catch(() => undefined);
        requests.asked += 1;
        if (answer?.status !== 200) requests.failed += 1;
        await tools.sleep(50);
      }
    })();
    const { project } = tools.canary('a');
    const made = await tools.change('a', 'POST', `/v1/projects/${project}/keys/rotate`).finally(() => {
      rotating = false;
    });
    await asking;
    const next = tools.token();
    const kept = await post('/notes', next);
    return {
      now: tools.now(),
      before,
      after: await keysOf(tools),
      rotation: made.refused ?? made.failure ?? made.status,
      requests,
      old: await post('/find', text),
      fresh: kept && (await post('/find', next)),
    };
  },
  judge,
  restore: async () => {},
});
