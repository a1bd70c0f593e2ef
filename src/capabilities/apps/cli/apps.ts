import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { appOption, type CommandRow, given } from '../../../cli/command.ts';
import { confirmed } from '../../../cli/confirm.ts';
import { appOf, watch } from '../../../cli/io.ts';
import { projectOf, projectOption } from '../../../cli/project.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { App } from '../model.ts';

const Apps = z.object({ apps: z.array(App) });

/** Apps themselves. */
export const appCommands: readonly CommandRow[] = [
  {
    name: 'apps',
    summary: 'Your apps',
    examples: ['bastide apps', 'bastide apps --json'],
    uses: ['listApps'],
    async run(io) {
      const list = await io.api.get('/v1/apps', Apps);
      if (isRefusal(list)) return list;
      if (list.apps.length === 0 && !io.print.json)
        io.print.line('No apps yet. Make one with: bastide apps:create <name> --project <project>');
      else
        io.print.table(list.apps, {
          app: (app) => app.name,
          project: (app) => app.project,
          release: (app) => (app.release === null ? null : `v${app.release}`),
          url: (app) => app.url,
        });
      return undefined;
    },
  },
  {
    name: 'apps:create',
    summary: 'Create an app',
    args: [{ name: 'name', description: 'lower-case letters, digits and dashes' }],
    options: [projectOption],
    examples: ['bastide apps:create shop --project webshop'],
    uses: ['createApp', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const body = { name: input.args.name };
      const app = await io.api.send('POST', path`/v1/projects/${project}/apps`, body, App);
      if (isRefusal(app)) return app;
      io.print.done(
        app,
        `Created ${app.name}. It will answer at ${app.url}. Next: bastide deploy --app ${app.name}`,
      );
      return undefined;
    },
  },
  {
    name: 'apps:info',
    summary: 'One app',
    options: [appOption],
    examples: ['bastide apps:info --app shop'],
    uses: ['getApp'],
    async run(io, input) {
      const name = await appOf(io, input);
      if (isRefusal(name)) return name;
      const app = await io.api.get(path`/v1/apps/${name}`, App);
      if (isRefusal(app)) return app;
      io.print.record(app, {
        app: app.name,
        project: app.project,
        organization: app.organization,
        url: app.url,
        release: app.release === null ? 'none yet' : `v${app.release}`,
        formation: Object.entries(app.formation)
          .map(([process, replicas]) => `${process}=${replicas}`)
          .join(' '),
        'health path': app.healthPath,
        maintenance: app.maintenance ? 'on' : 'off',
      });
      return undefined;
    },
  },
  {
    name: 'apps:destroy',
    summary: 'Destroy an app: its processes, hosts and config vars',
    options: [
      appOption,
      { flags: '--confirm <app>', description: 'the name of the app, instead of being asked' },
    ],
    examples: ['bastide apps:destroy --app shop --confirm shop'],
    uses: ['destroyApp'],
    async run(io, input) {
      const name = await appOf(io, input);
      if (isRefusal(name)) return name;
      const sure = await confirmed(
        io,
        given(input, 'confirm'),
        name,
        `This destroys ${name} and all that runs of it.`,
      );
      if (isRefusal(sure)) return sure;
      const done = await watch(io, await io.api.send('DELETE', path`/v1/apps/${name}`, undefined, Accepted));
      if (isRefusal(done)) return done;
      io.print.done(done, `${name} is gone.`);
      return undefined;
    },
  },
  ...(['on', 'off'] as const).map(
    (word): CommandRow => ({
      name: `maintenance:${word}`,
      summary: word === 'on' ? 'Show a maintenance page instead of the app' : 'Show the app again',
      options: [appOption],
      examples: [`bastide maintenance:${word} --app shop`],
      uses: ['setMaintenance'],
      async run(io, input) {
        const name = await appOf(io, input);
        if (isRefusal(name)) return name;
        const body = { on: word === 'on' };
        const done = await watch(
          io,
          await io.api.send('PUT', path`/v1/apps/${name}/maintenance`, body, Accepted),
        );
        if (isRefusal(done)) return done;
        io.print.done(done, `Maintenance is ${word} for ${name}.`);
        return undefined;
      },
    }),
  ),
];
