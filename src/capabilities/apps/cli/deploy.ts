import { z } from 'zod';
import { path, query } from '../../../cli/client.ts';
import { appOption, type CommandRow, given, type Input } from '../../../cli/command.ts';
import { appOf, type Io, watch } from '../../../cli/io.ts';
import { uploadSource } from '../../../cli/upload.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { versionInvalid } from '../errors.ts';
import { App, Release, type Source } from '../model.ts';

const detachOption = { flags: '--detach', description: 'do not wait; print the id of the operation' };
const Releases = z.object({ releases: z.array(Release) });

/** Waits for a release and says where it answers. */
async function released(io: Io, input: Input, app: string, submitted: Outcome<{ operationId: string }>) {
  const detach = input.options.detach === true;
  const done = await watch(io, submitted, { detach });
  if (isRefusal(done) || detach) return isRefusal(done) ? done : undefined;
  const seen = await io.api.get(path`/v1/apps/${app}`, App);
  if (isRefusal(seen)) return seen;
  io.print.done(seen, `${app} runs v${seen.release} at ${seen.url}`);
  return undefined;
}

async function sourceOf(io: Io, input: Input, app: string): Promise<Outcome<Source>> {
  const git = given(input, 'git');
  if (git) {
    const ref = given(input, 'ref');
    return { kind: 'git', url: git, ...(ref ? { ref } : {}) };
  }
  const image = given(input, 'image');
  if (image) return { kind: 'image', digest: image };
  const uploaded = await uploadSource(io, app, input.args.directory || io.cwd);
  return isRefusal(uploaded) ? uploaded : { kind: 'upload', upload: uploaded.upload };
}

const version = (text: string): number | undefined => {
  const found = /^v?(\d{1,9})$/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** Deploys and releases. */
export const deployCommands: readonly CommandRow[] = [
  {
    name: 'deploy',
    summary: 'Build a directory, a git URL or an image and release it',
    args: [{ name: 'directory', description: 'what to deploy; this one unless told', optional: true }],
    options: [
      appOption,
      { flags: '--git <url>', description: 'deploy from a git repository (https)' },
      { flags: '--ref <ref>', description: 'branch, tag or commit of the repository' },
      {
        flags: '--image <digest>',
        description: 'deploy an image that was built here, for example of another app',
      },
      { flags: '-m, --message <text>', description: 'what this release is about' },
      detachOption,
    ],
    examples: [
      'bastide deploy',
      'bastide deploy ./shop --app shop -m "new checkout"',
      'bastide deploy --app shop --git https://git.example.org/shop.git --ref main',
    ],
    uses: ['uploadSource', 'deployApp', 'getApp'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      // Before a directory is packed and sent, which may be the wrong one.
      const known = await io.api.get(path`/v1/apps/${app}`, App);
      if (isRefusal(known)) return known;
      const source = await sourceOf(io, input, app);
      if (isRefusal(source)) return source;
      const description = given(input, 'message');
      const body = { source, ...(description ? { description } : {}) };
      return released(
        io,
        input,
        app,
        await io.api.send('POST', path`/v1/apps/${app}/deploys`, body, Accepted),
      );
    },
  },
  {
    name: 'releases',
    summary: 'Releases, newest first',
    options: [appOption, { flags: '-n, --limit <count>', description: 'how many', default: '20' }],
    examples: ['bastide releases --app shop'],
    uses: ['listReleases'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const filter = query({ limit: given(input, 'limit') });
      const list = await io.api.get(`${path`/v1/apps/${app}/releases`}${filter}`, Releases);
      if (isRefusal(list)) return list;
      io.print.table(list.releases, {
        version: (release) => `v${release.version}`,
        status: (release) => release.status,
        description: (release) => release.description,
        by: (release) => release.createdBy,
        at: (release) => release.createdAt.slice(0, 19).replace('T', ' '),
        failure: (release) => release.failure?.code ?? null,
      });
      return undefined;
    },
  },
  {
    name: 'rollback',
    summary:
      'Release an earlier version again, its code and its config vars; what is set now stays for the next deploy',
    args: [{ name: 'version', description: 'for example v12; the one before unless told', optional: true }],
    options: [appOption, detachOption],
    examples: ['bastide rollback --app shop', 'bastide rollback v12 --app shop'],
    uses: ['rollbackApp', 'getApp'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const text = input.args.version ?? '';
      const wanted = text === '' ? undefined : version(text);
      if (text !== '' && wanted === undefined) return versionInvalid(text);
      const body = wanted === undefined ? {} : { version: wanted };
      return released(
        io,
        input,
        app,
        await io.api.send('POST', path`/v1/apps/${app}/rollback`, body, Accepted),
      );
    },
  },
  {
    name: 'ps:restart',
    summary: 'Replace every replica, without a gap',
    options: [appOption, detachOption],
    examples: ['bastide ps:restart --app shop'],
    uses: ['restartApp', 'getApp'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      return released(
        io,
        input,
        app,
        await io.api.send('POST', path`/v1/apps/${app}/restart`, undefined, Accepted),
      );
    },
  },
];
