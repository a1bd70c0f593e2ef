import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ask } from '../../cli/ask.ts';
import { path } from '../../cli/client.ts';
import { appOption, type CommandRow, given, type Input } from '../../cli/command.ts';
import { confirmed } from '../../cli/confirm.ts';
import { usage } from '../../cli/errors.ts';
import { appOf, type Io, watch } from '../../cli/io.ts';
import { projectOf, projectOption } from '../../cli/project.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { secretMissing } from './errors.ts';
import { DEFAULT_REGION, ObjectStore } from './model.ts';

const Stores = z.object({ stores: z.array(ObjectStore) });
const nameArgument = { name: 'store', description: 'name of the object store' };
const keyOption = {
  flags: '--access-key-id <id>',
  description: 'public half of the key; the secret is asked for',
};

/** Both halves of a key: the secret is typed unseen or comes on standard input, and is never an argument. */
async function keyPair(
  io: Io,
  input: Input,
): Promise<Outcome<{ accessKeyId: string; secretAccessKey: string }>> {
  const accessKeyId = given(input, 'accessKeyId');
  if (accessKeyId === undefined)
    return usage('No access key was named', 'Name it with --access-key-id; the secret is asked for.');
  const said = io.interactive && !io.print.json ? await ask(io, 'Secret key: ', true) : await text(io.stdin);
  const secretAccessKey = said.trim();
  return secretAccessKey === '' ? secretMissing() : { accessKeyId, secretAccessKey };
}

/** Door 2 of object stores. */
export const commands: readonly CommandRow[] = [
  {
    name: 'objects',
    summary: 'Object stores of a project: buckets at S3-compatible providers',
    options: [projectOption],
    examples: ['bastide objects', 'bastide objects --project webshop'],
    uses: ['listObjectStores', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const list = await io.api.get(path`/v1/projects/${project}/objects`, Stores);
      if (isRefusal(list)) return list;
      io.print.table(list.stores, {
        store: (row) => row.name,
        state: (row) => row.state,
        bucket: (row) => row.bucket,
        endpoint: (row) => row.endpoint,
        apps: (row) => row.apps.join(', ') || null,
      });
      return undefined;
    },
  },
  {
    name: 'objects:bind',
    summary: 'Bind a bucket at an S3-compatible provider to a project',
    args: [nameArgument],
    options: [
      { flags: '--endpoint <url>', description: "address of the provider's S3 interface" },
      { flags: '--bucket <bucket>', description: 'name of the bucket there' },
      {
        flags: '--region <region>',
        description: "the provider's name of the region",
        default: DEFAULT_REGION,
      },
      keyOption,
      projectOption,
    ],
    examples: [
      'bastide objects:bind uploads --endpoint https://s3.eu-central-1.amazonaws.com --region eu-central-1 --bucket shop-uploads --access-key-id AKIAIOSFODNN7EXAMPLE',
      'bastide objects:bind uploads --endpoint https://s3.example.com --bucket shop --access-key-id KEY < secret.txt',
    ],
    uses: ['bindObjectStore', 'listProjects', 'followOperation'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const [endpoint, bucket] = [given(input, 'endpoint'), given(input, 'bucket')];
      if (endpoint === undefined || bucket === undefined)
        return usage('An object store is a bucket at an endpoint', 'Name both with --endpoint and --bucket.');
      const pair = await keyPair(io, input);
      if (isRefusal(pair)) return pair;
      const name = input.args.store!;
      const body = { name, endpoint, bucket, region: given(input, 'region') ?? DEFAULT_REGION, ...pair };
      const asked = await io.api.send('POST', path`/v1/projects/${project}/objects`, body, Accepted);
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done(
        { name, project, operation: done },
        `The provider takes the key. Next: bastide objects:attach ${name} --app APP`,
      );
      return undefined;
    },
  },
  {
    name: 'objects:info',
    summary: 'One object store',
    args: [nameArgument],
    options: [projectOption],
    examples: ['bastide objects:info uploads'],
    uses: ['getObjectStore', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const one = await io.api.get(path`/v1/projects/${project}/objects/${input.args.store!}`, ObjectStore);
      if (isRefusal(one)) return one;
      io.print.record(one, {
        name: one.name,
        project: one.project,
        state: one.state,
        endpoint: one.endpoint,
        region: one.region,
        bucket: one.bucket,
        'access key id': one.accessKeyId,
        access: one.access === 'limited' ? 'limited: the key may not list the bucket' : one.access,
        checked: one.checkedAt,
        attached: one.apps.join(', ') || 'nowhere',
        'encryption and backup': "the provider's",
      });
      return undefined;
    },
  },
  {
    name: 'objects:attach',
    summary: 'Give an app an object store of its project, as config vars',
    args: [nameArgument],
    options: [
      appOption,
      {
        flags: '--own-names',
        description: "only config vars of the store's name: UPLOADS_BUCKET, not S3_BUCKET",
      },
    ],
    examples: ['bastide objects:attach uploads --app shop'],
    uses: ['attachObjectStore', 'followOperation'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const store = input.args.store!;
      const body = { store, ownNames: input.options.ownNames === true };
      const done = await watch(io, await io.api.send('POST', path`/v1/apps/${app}/objects`, body, Accepted));
      if (isRefusal(done)) return done;
      io.print.done({ store, app, operation: done }, `${app} has the config vars of ${store}.`);
      return undefined;
    },
  },
  {
    name: 'objects:detach',
    summary: "Take an object store from an app's config vars; what is in the bucket stays",
    args: [nameArgument],
    options: [appOption],
    examples: ['bastide objects:detach uploads --app shop'],
    uses: ['detachObjectStore', 'followOperation'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const store = input.args.store!;
      const asked = await io.api.send('DELETE', path`/v1/apps/${app}/objects/${store}`, undefined, Accepted);
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done({ store, app, operation: done }, `${app} no longer knows ${store}.`);
      return undefined;
    },
  },
  {
    name: 'objects:credentials:replace',
    summary: 'Use another key of the provider, in every app that knows the object store',
    args: [nameArgument],
    options: [keyOption, projectOption],
    examples: ['bastide objects:credentials:replace uploads --access-key-id AKIAI44QH8DHBEXAMPLE'],
    uses: ['replaceObjectCredential', 'listProjects', 'followOperation'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const pair = await keyPair(io, input);
      if (isRefusal(pair)) return pair;
      const store = input.args.store!;
      const at = path`/v1/projects/${project}/objects/${store}/credential`;
      const done = await watch(io, await io.api.send('PUT', at, pair, Accepted));
      if (isRefusal(done)) return done;
      io.print.done(
        { store, project, operation: done },
        `Every app uses the new key of ${store}. End the old one at the provider now.`,
      );
      return undefined;
    },
  },
  {
    name: 'objects:unbind',
    summary: 'Forget an object store and its key; what is in the bucket stays',
    args: [nameArgument],
    options: [projectOption, { flags: '--confirm <store>', description: 'its name, instead of being asked' }],
    examples: ['bastide objects:unbind uploads --confirm uploads'],
    uses: ['unbindObjectStore', 'listProjects', 'followOperation'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const store = input.args.store!;
      const sure = await confirmed(io, given(input, 'confirm'), store, `This forgets the key of ${store}.`);
      if (isRefusal(sure)) return sure;
      const at = path`/v1/projects/${project}/objects/${store}`;
      const done = await watch(io, await io.api.send('DELETE', at, undefined, Accepted));
      if (isRefusal(done)) return done;
      io.print.done({ store, operation: done }, `Forgot ${store}. End its key at the provider now.`);
      return undefined;
    },
  },
];
