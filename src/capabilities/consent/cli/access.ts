import { path } from '../../../cli/client.ts';
import { type CommandRow, given, type Input } from '../../../cli/command.ts';
import type { Io } from '../../../cli/io.ts';
import { projectOf, projectOption } from '../../../cli/project.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { GrantHistory, SECONDS, StaffGrant, StaffGrants } from '../model.ts';
import {
  columns,
  EXAMPLE,
  idArgument,
  organizationOf,
  organizationOption,
  short,
  wantedOf,
} from './common.ts';

async function answer(io: Io, input: Input, verb: 'approve' | 'decline' | 'revoke', said: string) {
  const organization = await organizationOf(io, input);
  if (isRefusal(organization)) return organization;
  const at = path`/v1/organizations/${organization}/staff-access/${input.args.id!}`;
  const grant = await io.api.send('POST', `${at}/${verb}`, undefined, StaffGrant);
  if (isRefusal(grant)) return grant;
  io.print.done(grant, verb === 'approve' ? `${said} Until ${short(grant.until)} UTC.` : said);
  return undefined;
}

const answering = (verb: 'approve' | 'decline' | 'revoke', summary: string, said: string): CommandRow => ({
  name: `access:${verb}`,
  summary,
  args: [idArgument],
  options: [organizationOption],
  examples: [`bastide access:${verb} ${EXAMPLE}`],
  uses: [`${verb}StaffAccess`, 'listOrganizations'],
  run: (io, input) => answer(io, input, verb, said),
});

/** Staff access: operators ask, customers decide and see. */
export const accessCommands: readonly CommandRow[] = [
  {
    name: 'access:request',
    summary: 'As an operator: ask a customer for access to a project, for a reason and a time',
    options: [
      { flags: '-p, --project <project>', description: 'the project' },
      { flags: '--for <time>', description: 'how long, 8h at most', default: '1h' },
      { flags: '--scope <scopes>', description: 'logs, run, database; several by comma', default: 'logs' },
    ],
    examples: [
      'bastide access:request --project shop --for 1h --scope logs,run --reason "Ticket 4711: 502 since noon"',
    ],
    uses: ['requestStaffAccess'],
    async run(io, input) {
      const wanted = wantedOf(input, SECONDS.most);
      if (isRefusal(wanted)) return wanted;
      const grant = await io.api.send('POST', '/v1/platform/staff-access', wanted, StaffGrant);
      if (isRefusal(grant)) return grant;
      io.print.done(grant, `Asked ${grant.organization}. It has a day to answer: ${grant.id}`);
      return undefined;
    },
  },
  {
    name: 'access:requests',
    summary: 'Staff access that is asked of your organization, or open in it; with --platform all of it',
    options: [organizationOption, { flags: '--platform', description: 'as staff: of the whole platform' }],
    examples: ['bastide access:requests', 'bastide access:requests --platform'],
    uses: ['listStaffRequests', 'listPlatformStaffAccess', 'listOrganizations'],
    async run(io, input) {
      let at = '/v1/platform/staff-access';
      if (input.options.platform !== true) {
        const organization = await organizationOf(io, input);
        if (isRefusal(organization)) return organization;
        at = path`/v1/organizations/${organization}/staff-access`;
      }
      const list = await io.api.get(at, StaffGrants);
      if (isRefusal(list)) return list;
      io.print.table(list.grants, columns);
      return undefined;
    },
  },
  answering(
    'approve',
    'Let an operator in, for the time and the scope that were asked for',
    'They may come in.',
  ),
  answering('decline', 'Decline a request for staff access', 'Declined.'),
  answering(
    'revoke',
    'End staff access now, a break-glass too',
    'Ended, and with it what was begun under it.',
  ),
  {
    name: 'access:grants',
    summary: 'Staff access to a project, and with --grant everything that was done under one',
    options: [
      projectOption,
      organizationOption,
      { flags: '--grant <id>', description: 'one of them, with everything that was done' },
    ],
    examples: ['bastide access:grants --project shop', `bastide access:grants --grant ${EXAMPLE}`],
    uses: ['listStaffGrants', 'showStaffGrant', 'listProjects', 'listOrganizations'],
    async run(io, input) {
      const id = given(input, 'grant');
      if (id === undefined) {
        const project = await projectOf(io, input);
        if (isRefusal(project)) return project;
        const list = await io.api.get(path`/v1/projects/${project}/staff-access`, StaffGrants);
        if (isRefusal(list)) return list;
        io.print.table(list.grants, columns);
        return undefined;
      }
      const organization = await organizationOf(io, input);
      if (isRefusal(organization)) return organization;
      const at = path`/v1/organizations/${organization}/staff-access/${id}`;
      const one = await io.api.get(at, GrantHistory);
      if (isRefusal(one)) return one;
      io.print.table(one.deeds, {
        at: (d) => d.at.slice(0, 19).replace('T', ' '),
        by: (d) => d.actor,
        action: (d) => d.action,
        target: (d) => d.target,
        outcome: (d) => d.outcome,
        what: (d) => d.what ?? '',
      });
      return undefined;
    },
  },
  {
    name: 'access:give-back',
    summary: 'As an operator: withdraw a request, or give access back before its end',
    args: [idArgument],
    examples: [`bastide access:give-back ${EXAMPLE}`],
    uses: ['giveBackStaffAccess'],
    async run(io, input) {
      const at = path`/v1/platform/staff-access/${input.args.id!}`;
      const grant = await io.api.send('DELETE', at, undefined, StaffGrant);
      if (isRefusal(grant)) return grant;
      io.print.done(grant, 'Given back.');
      return undefined;
    },
  },
];
