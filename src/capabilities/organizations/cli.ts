import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { watch } from '../../cli/io.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { memberCommands } from './cli/members.ts';
import { moveCommands } from './cli/moves.ts';
import { Organizations, organizationOf } from './cli/organization.ts';
import { Organization, Project } from './model.ts';

const day = (date: string) => date.slice(0, 10);
const nameArgument = { name: 'name', description: 'lower-case letters, digits and dashes' };

/** Door 2 of organizations and their projects. */
export const commands: readonly CommandRow[] = [
  ...memberCommands,
  ...moveCommands,
  {
    name: 'organizations',
    summary: 'The organizations that you belong to',
    examples: ['bastide organizations'],
    uses: ['listOrganizations'],
    async run(io) {
      const list = await io.api.get('/v1/organizations', Organizations);
      if (isRefusal(list)) return list;
      io.print.table(list.organizations, {
        name: (o) => o.name,
        projects: (o) => o.projects,
        created: (o) => day(o.createdAt),
      });
    },
  },
  {
    name: 'organizations:create',
    summary: 'Create an organization; you become its owner',
    args: [nameArgument],
    examples: ['bastide organizations:create acme'],
    uses: ['createOrganization'],
    async run(io, input) {
      const made = await io.api.send('POST', '/v1/organizations', { name: input.args.name }, Organization);
      if (isRefusal(made)) return made;
      io.print.done(made, `Created ${made.name}. Next: bastide projects:create NAME`);
    },
  },
  {
    name: 'organizations:info',
    summary: 'One organization',
    args: [nameArgument],
    examples: ['bastide organizations:info acme'],
    uses: ['getOrganization'],
    async run(io, input) {
      const one = await io.api.get(path`/v1/organizations/${input.args.name!}`, Organization);
      if (isRefusal(one)) return one;
      io.print.record(one, { name: one.name, projects: one.projects, created: day(one.createdAt) });
    },
  },
  {
    name: 'projects',
    summary: 'The projects of your organizations',
    examples: ['bastide projects'],
    uses: ['listProjects'],
    async run(io) {
      const list = await io.api.get('/v1/projects', z.object({ projects: z.array(Project) }));
      if (isRefusal(list)) return list;
      io.print.table(list.projects, {
        name: (p) => p.name,
        organization: (p) => p.organization,
        apps: (p) => p.apps,
        ready: (p) => (p.ready ? 'yes' : 'no'),
      });
    },
  },
  {
    name: 'projects:create',
    summary: 'Create a project: a network, a key and limits of its own',
    args: [nameArgument],
    options: [
      { flags: '-o, --organization <name>', description: 'the organization, where you belong to several' },
    ],
    examples: ['bastide projects:create shop', 'bastide projects:create shop --organization acme'],
    uses: ['createProject', 'listOrganizations', 'followOperation'],
    async run(io, input) {
      const organization = await organizationOf(io, given(input, 'organization'));
      if (isRefusal(organization)) return organization;
      const { name } = input.args;
      const done = await watch(
        io,
        await io.api.send('POST', path`/v1/organizations/${organization}/projects`, { name }, Accepted),
      );
      if (isRefusal(done)) return done;
      io.print.done(
        { name, organization, operation: done },
        `Created ${name}. Next: bastide apps:create NAME --project ${name}`,
      );
    },
  },
  {
    name: 'projects:info',
    summary: 'One project',
    args: [nameArgument],
    examples: ['bastide projects:info shop'],
    uses: ['getProject'],
    async run(io, input) {
      const one = await io.api.get(path`/v1/projects/${input.args.name!}`, Project);
      if (isRefusal(one)) return one;
      io.print.record(one, {
        name: one.name,
        organization: one.organization,
        apps: one.apps,
        ready: one.ready ? 'yes' : 'no',
        'requests in 10 s': one.requestLimit,
        created: day(one.createdAt),
      });
    },
  },
];
