import { z } from 'zod';
import { control } from '../../contract/control.ts';
import type { Tools } from '../../contract/tools.ts';
import { judge } from './judge.ts';

const PORT = 5432;
const SECONDS = 60;
const Opened = z.object({ operationId: z.string(), grant: z.string(), url: z.string(), until: z.string() });
const Operation = z.object({ status: z.string() });

/** The grant's operation at its end; the port opens with it. */
async function opened(tools: Tools, operationId: string): Promise<string> {
  for (let left = 120; left > 0; left -= 1) {
    const { body } = await tools.api('a', 'GET', `/v1/operations/${operationId}`);
    const status = Operation.safeParse(body).data?.status ?? 'unknown';
    if (status !== 'queued' && status !== 'running') return status;
    await tools.sleep(500);
  }
  return 'running';
}

const login = async (tools: Tools, url: string) => {
  const { in: got, error } = await tools.login(url);
  return { in: got, error: error ?? null };
};

/** The same way in with another database's name. */
const withDatabase = (url: string, database: string): string => {
  const other = new URL(url);
  other.pathname = `/${database.replaceAll('-', '_')}`;
  return other.href;
};

/** Connects to a canary's database from outside before, during and after a grant of one minute that ends by itself. */
export default control({
  id: 'edge/database-grant',
  claims: ['ING-3', 'DAT-2'],
  sentence:
    'A database is entered from outside only while a grant is open, by its one source, and the grant ends by itself.',
  when: 'anytime',
  everyHours: 24,
  position: 'outside',
  arrange: async () => undefined,
  async attack(tools) {
    const { project, database } = tools.canary('a');
    const before = await tools.port(tools.address, PORT);
    const nothing = { before, during: null, foreign: null, after: null, afterPort: null, byItself: false };
    const asked = await tools.api('a', 'POST', `/v1/projects/${project}/grants`, {
      gateway: 'postgres',
      database,
      source: await tools.source(),
      seconds: SECONDS,
    });
    if (
      asked.status === 404 &&
      asked.code !== 'project_not_found' &&
      asked.code !== 'grant_database_not_found'
    )
      return { ...nothing, refused: 'not_there' };
    if (asked.status >= 400) return { ...nothing, refused: asked.code ?? String(asked.status) };
    const grant = Opened.parse(asked.body);
    const status = await opened(tools, grant.operationId);
    if (status !== 'succeeded') return { ...nothing, refused: `the operation ${status}` };
    const during = await login(tools, grant.url);
    const foreign = await login(tools, withDatabase(grant.url, tools.canary('b').database));
    // Left alone until its end; its closing is an operation too.
    await tools.sleep(Math.max(0, Date.parse(grant.until) - tools.now()) + 30_000);
    const after = await login(tools, grant.url);
    const afterPort = await tools.port(tools.address, PORT);
    return { refused: null, before, during, foreign, after, afterPort, byItself: true };
  },
  judge,
  restore: async () => {},
});
