import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Client } from './client.ts';
import { statusOf } from './errors.ts';
import type { ServiceFile } from './port.ts';
import { fileName } from './render.ts';

/** Makes what is not there yet (swarm calls them configs) and gives the ids by name. */
export async function ensureFiles(
  client: Client,
  files: readonly ServiceFile[],
): Promise<Outcome<Readonly<Record<string, string>>>> {
  const ids: Record<string, string> = {};
  for (const file of files) {
    const name = fileName(file);
    const made = await client.call<{ ID: string }>({
      method: 'POST',
      path: '/configs/create',
      body: { Name: name, Labels: {}, Data: Buffer.from(file.content).toString('base64') },
    });
    if (!isRefusal(made)) {
      ids[name] = made.ID;
      continue;
    }
    if (statusOf(made) !== 409) return made;
    const there = await client.call<{ ID: string }>({ method: 'GET', path: `/configs/${name}` });
    if (isRefusal(there)) return there;
    ids[name] = there.ID;
  }
  return ids;
}
