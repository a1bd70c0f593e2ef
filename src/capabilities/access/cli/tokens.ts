import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given, type Option } from '../../../cli/command.ts';
import { projectOf, projectOption } from '../../../cli/project.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { ApiToken, DeployToken, Explained, NewToken } from '../model.ts';
import { Done } from './session.ts';

const day = (date: string) => date.slice(0, 10);
const used = (date: string | null) => date?.slice(0, 16).replace('T', ' ') ?? null;
const list = (text: string | undefined) => text?.split(',').map((word) => word.trim());

const days: Option = {
  flags: '--days <days>',
  description: 'days until it expires, 365 at most',
  default: '90',
};
/** API tokens, deploy tokens, and why somebody may. */
export const tokenCommands: readonly CommandRow[] = [
  {
    name: 'tokens',
    summary: 'Your API tokens',
    examples: ['bastide tokens'],
    uses: ['listTokens'],
    async run(io) {
      const all = await io.api.get('/v1/account/tokens', z.object({ tokens: z.array(ApiToken) }));
      if (isRefusal(all)) return all;
      io.print.table(all.tokens, {
        id: (t) => t.id,
        name: (t) => `${t.name}${t.current ? ' (this one)' : ''}`,
        may: (t) => t.actions?.join(' ') ?? 'all',
        projects: (t) => t.projects ?? 'all',
        expires: (t) => day(t.expiresAt),
        'last used': (t) => used(t.lastUsedAt),
      });
    },
  },
  {
    name: 'tokens:create',
    summary: 'Create an API token; it is shown this one time',
    args: [{ name: 'name', description: 'what it is for' }],
    options: [
      days,
      { flags: '--only <actions>', description: 'the only actions, by comma: apps:read,logs:read' },
      { flags: '--projects <projects>', description: 'the only projects, by comma' },
    ],
    examples: [
      'bastide tokens:create laptop --days 30',
      'bastide tokens:create dashboards --only apps:read,logs:read --projects shop',
    ],
    uses: ['createToken'],
    async run(io, input) {
      const made = await io.api.send(
        'POST',
        '/v1/account/tokens',
        {
          name: input.args.name,
          days: Number(given(input, 'days')),
          actions: list(given(input, 'only')),
          projects: list(given(input, 'projects')),
        },
        NewToken,
      );
      if (isRefusal(made)) return made;
      io.print.done(made, made.token);
    },
  },
  {
    name: 'tokens:rotate',
    summary: 'Replace an API token by a new one of the same limits; the old one works on for a day',
    args: [{ name: 'id', description: 'its id, from: bastide tokens' }],
    options: [
      { flags: '--hours <hours>', description: 'hours that the old one works on; 0 ends it', default: '24' },
    ],
    examples: ['bastide tokens:rotate 019a0000-0000-7000-8000-000000000000 --hours 0'],
    uses: ['rotateToken'],
    async run(io, input) {
      const at = path`/v1/account/tokens/${input.args.id!}/rotate`;
      const made = await io.api.send('POST', at, { hours: Number(given(input, 'hours')) }, NewToken);
      if (isRefusal(made)) return made;
      io.print.done(made, made.token);
    },
  },
  {
    name: 'tokens:revoke',
    summary: 'Revoke an API token, at once',
    args: [{ name: 'id', description: 'its id, from: bastide tokens' }],
    examples: ['bastide tokens:revoke 019a0000-0000-7000-8000-000000000000'],
    uses: ['revokeToken'],
    async run(io, input) {
      const done = await io.api.send('DELETE', path`/v1/account/tokens/${input.args.id!}`, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Revoked.');
    },
  },
  {
    name: 'deploy-tokens',
    summary: 'The deploy tokens of a project',
    options: [projectOption],
    examples: ['bastide deploy-tokens --project shop'],
    uses: ['listDeployTokens', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const at = path`/v1/projects/${project}/deploy-tokens`;
      const all = await io.api.get(at, z.object({ tokens: z.array(DeployToken) }));
      if (isRefusal(all)) return all;
      io.print.table(all.tokens, {
        id: (t) => t.id,
        name: (t) => t.name,
        'made by': (t) => t.createdBy,
        expires: (t) => day(t.expiresAt),
        'last used': (t) => used(t.lastUsedAt),
      });
    },
  },
  {
    name: 'deploy-tokens:create',
    summary: 'Create a token for CI that may deploy in one project and nothing else; shown this one time',
    args: [{ name: 'name', description: 'what it is for' }],
    options: [projectOption, days],
    examples: ['bastide deploy-tokens:create ci --project shop'],
    uses: ['createDeployToken', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const at = path`/v1/projects/${project}/deploy-tokens`;
      const body = { name: input.args.name, days: Number(given(input, 'days')) };
      const made = await io.api.send('POST', at, body, NewToken);
      if (isRefusal(made)) return made;
      io.print.done(made, made.token);
    },
  },
  {
    name: 'deploy-tokens:revoke',
    summary: 'Revoke a deploy token, at once',
    args: [{ name: 'id', description: 'its id, from: bastide deploy-tokens' }],
    options: [projectOption],
    examples: ['bastide deploy-tokens:revoke 019a0000-0000-7000-8000-000000000000 --project shop'],
    uses: ['revokeDeployToken', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const at = path`/v1/projects/${project}/deploy-tokens/${input.args.id!}`;
      const done = await io.api.send('DELETE', at, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Revoked.');
    },
  },
  {
    name: 'access:explain',
    summary: 'Whether a member may do something, and which rule says so',
    args: [
      { name: 'user', description: 'name of the account' },
      { name: 'action', description: 'for example apps:deploy' },
      { name: 'resource', description: 'organization, project:NAME or app:NAME' },
    ],
    options: [{ flags: '-o, --organization <name>', description: 'the organization' }],
    examples: ['bastide access:explain ada apps:deploy app:shop --organization acme'],
    uses: ['explainAccess'],
    async run(io, input) {
      const { user, action, resource } = input.args;
      const query = new URLSearchParams({ account: user!, action: action!, resource: resource! });
      const at = path`/v1/organizations/${given(input, 'organization') ?? ''}/access`;
      const said = await io.api.get(`${at}?${query}`, Explained);
      if (isRefusal(said)) return said;
      io.print.record(said, {
        answer: said.allowed ? 'yes' : 'no',
        rule: said.policy ?? 'no rule permits it',
        meaning: said.meaning,
        group: said.group,
        roles: said.roles.join(', '),
      });
    },
  },
];
