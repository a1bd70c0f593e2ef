import { z } from 'zod';
import type { Canary, Neighbour } from '../contract/tools.ts';
import type { Client } from './client.ts';
import { canarySource } from './source.ts';

const Projects = z.object({ projects: z.array(z.object({ name: z.string(), ready: z.boolean() })) });
const Apps = z.object({ apps: z.array(z.object({ name: z.string(), release: z.unknown() })) });
const Upload = z.object({ upload: z.string() });
const Named = z.object({ name: z.string() });
const Databases = z.object({ databases: z.array(Named.extend({ state: z.string().optional() })) });
const Volumes = z.object({
  volumes: z.array(Named.extend({ mounts: z.array(z.object({ app: z.string() })) })),
});
const Config = z.object({ config: z.array(z.object({ name: z.string() })) });

type Change = Awaited<ReturnType<Client['change']>>;

/** In what order the parts are made; each is looked for first. */
export async function ensureCanary(
  client: Client,
  of: Neighbour,
  canary: Canary,
  say: (line: string) => void,
): Promise<string[]> {
  const { organization, project, app, database, volume } = canary;
  const lacks: string[] = [];
  const get = async <S extends z.ZodType>(path: string, schema: S): Promise<z.output<S> | undefined> => {
    const { status, body } = await client.call(of, 'GET', path);
    return status === 200 ? schema.safeParse(body).data : undefined;
  };
  const make = async (what: string, path: string, body: unknown): Promise<boolean> => {
    say(`makes ${what}`);
    const made: Change = await client.change(of, 'POST', path, body, 900_000);
    if (made.status === 'succeeded') return true;
    lacks.push(`${what} (${made.refused ?? made.failure ?? made.status})`);
    return false;
  };

  const projects = await get('/v1/projects', Projects);
  if (!projects) return ['an answer of the API'];
  if (!projects.projects.some(({ name }) => name === project)) {
    if (!(await make('project', `/v1/organizations/${organization}/projects`, { name: project })))
      return lacks;
  }
  const known = async () => (await get('/v1/apps', Apps))?.apps.find(({ name }) => name === app);
  if (!(await known())) {
    if (!(await make('app', `/v1/projects/${project}/apps`, { name: app }))) return lacks;
  }

  const volumes = (await get(`/v1/projects/${project}/volumes`, Volumes))?.volumes;
  const kept = volumes?.find(({ name }) => name === volume);
  if (volumes && !kept) await make('volume', `/v1/projects/${project}/volumes`, { name: volume });
  if (volumes && !kept?.mounts.some((mount) => mount.app === app))
    await make('mounted volume', `/v1/apps/${app}/volumes`, { volume, path: '/data' });
  if (!volumes) lacks.push('volume (not there)');

  const databases = (await get('/v1/databases', Databases))?.databases;
  if (databases && !databases.some(({ name }) => name === database))
    await make('database', `/v1/projects/${project}/databases`, { engine: 'postgres', name: database });
  const config = (await get(`/v1/apps/${app}/config`, Config))?.config;
  if (databases && !config?.some(({ name }) => name === 'DATABASE_URL'))
    await make('attached database', `/v1/databases/${database}/attachments`, { app });
  if (!databases) lacks.push('database (not there)');

  if (!(await known())?.release) {
    say('deploys the canary app');
    const source = await canarySource();
    const sent = await client.upload(of, `/v1/apps/${app}/sources`, 'application/gzip', source);
    const upload = Upload.safeParse(sent.body).data?.upload;
    if (upload) await make('release', `/v1/apps/${app}/deploys`, { source: { kind: 'upload', upload } });
    else lacks.push(`release (${sent.code ?? sent.status})`);
  }
  return lacks;
}
