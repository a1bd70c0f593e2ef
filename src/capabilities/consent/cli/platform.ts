import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given } from '../../../cli/command.ts';
import { usage } from '../../../cli/errors.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { SECONDS, StaffGrant, StaffGrants, StaffMember } from '../model.ts';
import { columns, EXAMPLE, idArgument, short, wantedOf } from './common.ts';

const Done = z.object({ ok: z.literal(true) });
const accountArgument = { name: 'account', description: 'name of the account' };

/** The way in for emergencies, and who is of the staff. */
export const platformCommands: readonly CommandRow[] = [
  {
    name: 'break-glass',
    summary: 'Every time that staff went in without consent, and who reviewed it',
    examples: ['bastide break-glass'],
    uses: ['listPlatformStaffAccess'],
    async run(io) {
      const list = await io.api.get('/v1/platform/staff-access?kind=break-glass', StaffGrants);
      if (isRefusal(list)) return list;
      io.print.table(list.grants, { ...columns, 'reviewed by': (g) => g.reviewedBy ?? '' });
      return undefined;
    },
  },
  {
    name: 'break-glass:request',
    summary: 'In an emergency: ask another operator for access without consent, for an hour at most',
    options: [
      { flags: '-p, --project <project>', description: 'the project' },
      { flags: '--for <time>', description: 'how long, 1h at most', default: '30m' },
      { flags: '--scope <scopes>', description: 'logs, run, database; several by comma', default: 'logs' },
    ],
    examples: [
      'bastide break-glass:request --project shop --for 30m --reason "It mines coins; nobody of them answers"',
    ],
    uses: ['requestBreakGlass'],
    async run(io, input) {
      const wanted = wantedOf(input, SECONDS.breakGlass);
      if (isRefusal(wanted)) return wanted;
      const grant = await io.api.send('POST', '/v1/platform/break-glass', wanted, StaffGrant);
      if (isRefusal(grant)) return grant;
      io.print.done(grant, `Another operator confirms it: bastide break-glass:confirm ${grant.id}`);
      return undefined;
    },
  },
  {
    name: 'break-glass:confirm',
    summary: "Confirm another operator's break-glass; the customer is told at once",
    args: [idArgument],
    examples: [`bastide break-glass:confirm ${EXAMPLE}`],
    uses: ['confirmBreakGlass'],
    async run(io, input) {
      const at = path`/v1/platform/break-glass/${input.args.id!}/confirm`;
      const grant = await io.api.send('POST', at, undefined, StaffGrant);
      if (isRefusal(grant)) return grant;
      io.print.done(grant, `Open until ${short(grant.until)} UTC. ${grant.organization} was told.`);
      return undefined;
    },
  },
  {
    name: 'break-glass:review',
    summary: 'As a security officer: review a break-glass; the customer reads what was found',
    args: [idArgument],
    options: [{ flags: '--finding <text>', description: 'what the review found' }],
    examples: [
      `bastide break-glass:review ${EXAMPLE} --finding "Needed, and kept to the logs; the app was stopped"`,
    ],
    uses: ['reviewBreakGlass'],
    async run(io, input) {
      const finding = given(input, 'finding');
      if (finding === undefined) return usage('What was found?', 'Say it with --finding "…"');
      const at = path`/v1/platform/break-glass/${input.args.id!}/review`;
      const grant = await io.api.send('POST', at, { finding }, StaffGrant);
      if (isRefusal(grant)) return grant;
      io.print.done(grant, 'Reviewed.');
      return undefined;
    },
  },
  {
    name: 'staff',
    summary: 'Operators, security officers and platform auditors',
    examples: ['bastide staff'],
    uses: ['listStaff'],
    async run(io) {
      const list = await io.api.get('/v1/platform/staff', z.object({ staff: z.array(StaffMember) }));
      if (isRefusal(list)) return list;
      io.print.table(list.staff, {
        account: (s) => s.account,
        role: (s) => s.role,
        since: (s) => short(s.since),
        'second factor': (s) => (s.secondFactor ? 'yes' : 'no'),
      });
      return undefined;
    },
  },
  {
    name: 'staff:add',
    summary: 'Give an account a role on the platform, in place of any other there',
    args: [accountArgument],
    options: [{ flags: '--role <role>', description: 'operator, security-officer or platform-auditor' }],
    examples: ['bastide staff:add ann --role security-officer'],
    uses: ['addStaff'],
    async run(io, input) {
      const role = given(input, 'role');
      if (role === undefined) return usage('As what?', 'Give --role.');
      const body = { account: input.args.account!, role };
      const done = await io.api.send('POST', '/v1/platform/staff', body, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, `${body.account} is ${role} now.`);
      return undefined;
    },
  },
  {
    name: 'staff:remove',
    summary: 'Take an account off the platform; what it may by consent ends at once',
    args: [accountArgument],
    examples: ['bastide staff:remove ann'],
    uses: ['removeStaff'],
    async run(io, input) {
      const done = await io.api.send(
        'DELETE',
        path`/v1/platform/staff/${input.args.account!}`,
        undefined,
        Done,
      );
      if (isRefusal(done)) return done;
      io.print.done(done, 'Removed.');
      return undefined;
    },
  },
];
