import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { appOption, type CommandRow, given } from '../../cli/command.ts';
import { confirmed } from '../../cli/confirm.ts';
import { usage } from '../../cli/errors.ts';
import { appOf, watch } from '../../cli/io.ts';
import { projectOf, projectOption } from '../../cli/project.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { GIB, Storage, Volume } from './model.ts';

const Released = z.object({ operationId: z.uuid().nullable() });
const Volumes = z.object({ volumes: z.array(Volume) });
const nameArgument = { name: 'volume', description: 'name of the volume' };
const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
const places = ({ mounts }: Volume): string => mounts.map(({ app, path }) => `${app}:${path}`).join(' ');

/** Door 2 of volumes and storage. */
export const commands: readonly CommandRow[] = [
  {
    name: 'volumes',
    summary: 'Volumes of a project',
    options: [projectOption],
    examples: ['bastide volumes', 'bastide volumes --project webshop'],
    uses: ['listVolumes', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const list = await io.api.get(path`/v1/projects/${project}/volumes`, Volumes);
      if (isRefusal(list)) return list;
      io.print.table(list.volumes, {
        volume: (volume) => volume.name,
        state: (volume) => volume.state,
        attached: places,
        created: (volume) => volume.createdAt.slice(0, 10),
      });
      return undefined;
    },
  },
  {
    name: 'volumes:create',
    summary: "Create a volume in the project's encrypted storage",
    args: [nameArgument],
    options: [projectOption],
    examples: ['bastide volumes:create uploads --project webshop'],
    uses: ['createVolume', 'listProjects', 'followOperation'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const { volume } = input.args;
      const asked = await io.api.send(
        'POST',
        path`/v1/projects/${project}/volumes`,
        { name: volume },
        Accepted,
      );
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done(
        { name: volume, project, operation: done },
        `Created ${volume}. Next: bastide volumes:attach ${volume} /data/${volume} --app APP`,
      );
      return undefined;
    },
  },
  {
    name: 'volumes:info',
    summary: 'One volume',
    args: [nameArgument],
    options: [projectOption],
    examples: ['bastide volumes:info uploads'],
    uses: ['getVolume', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const one = await io.api.get(path`/v1/projects/${project}/volumes/${input.args.volume!}`, Volume);
      if (isRefusal(one)) return one;
      io.print.record(one, {
        name: one.name,
        project: one.project,
        state: one.state,
        attached: places(one) || 'nowhere',
        created: one.createdAt,
      });
      return undefined;
    },
  },
  {
    name: 'volumes:attach',
    summary: "Show a volume in an app's processes, at a path",
    args: [nameArgument, { name: 'path', description: 'absolute path, for example /data/uploads' }],
    options: [appOption],
    examples: ['bastide volumes:attach uploads /data/uploads --app shop'],
    uses: ['attachVolume', 'followOperation'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const { volume, path: at } = input.args;
      const asked = await io.api.send('POST', path`/v1/apps/${app}/volumes`, { volume, path: at }, Released);
      if (isRefusal(asked)) return asked;
      const { operationId } = asked;
      const done = operationId === null ? undefined : await watch(io, { operationId });
      if (isRefusal(done)) return done;
      io.print.done(
        { volume, app, path: at, operation: done },
        operationId === null
          ? `${app} finds ${volume} at ${at} from its first release on.`
          : `${app} finds ${volume} at ${at}.`,
      );
      return undefined;
    },
  },
  {
    name: 'volumes:detach',
    summary: 'Show a volume in an app no longer; what is in it stays',
    args: [nameArgument],
    options: [appOption],
    examples: ['bastide volumes:detach uploads --app shop'],
    uses: ['detachVolume', 'followOperation'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const volume = input.args.volume!;
      const asked = await io.api.send('DELETE', path`/v1/apps/${app}/volumes/${volume}`, undefined, Released);
      if (isRefusal(asked)) return asked;
      const { operationId } = asked;
      const done = operationId === null ? undefined : await watch(io, { operationId });
      if (isRefusal(done)) return done;
      io.print.done({ volume, app, operation: done }, `${app} no longer has ${volume}.`);
      return undefined;
    },
  },
  {
    name: 'volumes:destroy',
    summary: 'Destroy a volume and everything in it',
    args: [nameArgument],
    options: [
      projectOption,
      { flags: '--confirm <volume>', description: 'its name, instead of being asked' },
    ],
    examples: ['bastide volumes:destroy uploads --confirm uploads'],
    uses: ['destroyVolume', 'listProjects', 'followOperation'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const volume = input.args.volume!;
      const sure = await confirmed(
        io,
        given(input, 'confirm'),
        volume,
        `This deletes everything in ${volume}.`,
      );
      if (isRefusal(sure)) return sure;
      const asked = await io.api.send(
        'DELETE',
        path`/v1/projects/${project}/volumes/${volume}`,
        undefined,
        Accepted,
      );
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done({ volume, operation: done }, `Destroyed ${volume}.`);
      return undefined;
    },
  },
  {
    name: 'storage',
    summary: "A project's encrypted storage: its limit and what is used",
    options: [projectOption],
    examples: ['bastide storage --project webshop'],
    uses: ['getStorage', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const one = await io.api.get(path`/v1/projects/${project}/storage`, Storage);
      if (isRefusal(one)) return one;
      io.print.record(one, {
        project: one.project,
        limit: gib(one.sizeBytes),
        used: one.usedBytes === null ? null : gib(one.usedBytes),
        state: one.suspended ? `${one.state} (suspended)` : one.state,
        encryption: one.encryption,
      });
      return undefined;
    },
  },
  {
    name: 'storage:resize',
    summary: 'Give a project more room; it must be suspended where something uses its storage',
    args: [{ name: 'gib', description: 'the new limit in GiB' }],
    options: [projectOption],
    examples: ['bastide storage:resize 50 --project webshop'],
    uses: ['resizeStorage', 'listProjects', 'followOperation'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const sizeGib = Number(input.args.gib);
      if (!Number.isInteger(sizeGib))
        return usage('The size is not a whole number of GiB', 'For example: 50');
      const asked = await io.api.send('PATCH', path`/v1/projects/${project}/storage`, { sizeGib }, Accepted);
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done({ project, sizeGib, operation: done }, `${project} has ${sizeGib} GiB.`);
      return undefined;
    },
  },
  {
    name: 'storage:rekey',
    summary: "Encrypt a suspended project's storage anew with another key",
    options: [projectOption],
    examples: ['bastide storage:rekey --project webshop'],
    uses: ['rekeyStorage', 'listProjects', 'followOperation'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const at = path`/v1/projects/${project}/storage/rekey`;
      const done = await watch(io, await io.api.send('POST', at, undefined, Accepted));
      if (isRefusal(done)) return done;
      io.print.done(
        { project, operation: done },
        `${project} has another storage key; the old one is gone. Next: bastide projects:resume ${project}`,
      );
      return undefined;
    },
  },
  ...(['suspend', 'resume'] as const).map(
    (verb): CommandRow => ({
      name: `projects:${verb}`,
      summary:
        verb === 'suspend'
          ? 'Stop everything of a project and lock its storage; nothing is deleted'
          : 'Unlock a suspended project and start it again',
      args: [{ name: 'project', description: 'name of the project' }],
      examples: [`bastide projects:${verb} webshop`],
      uses: [`${verb}Project`, 'followOperation'],
      async run(io, input) {
        const project = input.args.project!;
        const asked = await io.api.send('POST', path`/v1/projects/${project}/${verb}`, undefined, Accepted);
        const done = await watch(io, asked);
        if (isRefusal(done)) return done;
        io.print.done(
          { project, operation: done },
          verb === 'suspend'
            ? `${project} stands still and its storage is locked.`
            : `${project} is unlocked; its apps start.`,
        );
        return undefined;
      },
    }),
  ),
];
