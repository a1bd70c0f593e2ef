import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import { control } from '../../contract/control.ts';
import type { Tools } from '../../contract/tools.ts';
import { judge } from './judge.ts';

const PORT = 2200;
const SECONDS = 60;
const Opened = z.object({ operationId: z.string(), until: z.string() });
const Operation = z.object({ status: z.string() });

/** The operation's end; the port opens with it. The first time the gateway is made. */
async function ended(tools: Tools, operationId: string): Promise<string> {
  for (let left = 1200; left > 0; left -= 1) {
    const { body } = await tools.api('a', 'GET', `/v1/operations/${operationId}`);
    const status = Operation.safeParse(body).data?.status ?? 'unknown';
    if (status !== 'queued' && status !== 'running') return status;
    await tools.sleep(500);
  }
  return 'running';
}

/** Opens a canary's entry for a minute, asks for a certificate as no person, and sees it close by itself. */
export default control({
  id: 'edge/ssh-entry',
  claims: ['ING-3', 'ING-4', 'ACC-4'],
  sentence:
    'Entry by SSH is closed until somebody opens it, closes itself, and lets in only certificates of minutes that a person got with a second factor.',
  when: 'anytime',
  everyHours: 24,
  position: 'outside',
  arrange: async () => undefined,
  async attack(tools) {
    const { project, app } = tools.canary('a');
    const before = await tools.port(tools.address, PORT);
    const first = await tools.observe('ssh', {});
    const body = { seconds: SECONDS, from: [await tools.source()] };
    const asked = await tools.api('a', 'POST', `/v1/projects/${project}/ssh/entry`, body);
    const nothing = { before, first, during: null, after: null, certificate: null, last: null };
    const opened = Opened.safeParse(asked.body).data;
    if (!opened) return { ...nothing, refused: asked.code ?? String(asked.status) };
    const status = await ended(tools, opened.operationId);
    if (status !== 'succeeded') return { ...nothing, refused: `the operation ${status}` };
    const during = await tools.port(tools.address, PORT);
    const { publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    // A token is no person with a second factor.
    const got = await tools.api('a', 'POST', `/v1/apps/${app}/ssh/certificates`, { publicKey });
    await tools.sleep(Math.max(0, Date.parse(opened.until) - tools.now()) + 30_000);
    const after = await tools.port(tools.address, PORT);
    const last = await tools.observe('ssh', {});
    return { refused: null, before, first, during, certificate: got.status, after, last };
  },
  judge,
  restore: async () => {},
});
