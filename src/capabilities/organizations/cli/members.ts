import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given, type Input } from '../../../cli/command.ts';
import type { Io } from '../../../cli/io.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { Invitation, Member, NewInvitation } from '../model/members.ts';
import { organizationOf, organizationOption } from './organization.ts';

const Done = z.object({ ok: z.literal(true) });
const options = [organizationOption];
const member = { name: 'name', description: 'name of the account, from: bastide members' };
const role = { name: 'role', description: 'owner, admin, developer, viewer or auditor' };

/** The address of the organization that is meant. */
async function base(io: Io, input: Input): Promise<Outcome<string>> {
  const name = await organizationOf(io, given(input, 'organization'));
  return isRefusal(name) ? name : path`/v1/organizations/${name}`;
}

export const memberCommands: readonly CommandRow[] = [
  {
    name: 'members',
    summary: 'Who belongs to an organization, and as what',
    options,
    examples: ['bastide members', 'bastide members --organization acme'],
    uses: ['listMembers', 'listOrganizations'],
    async run(io, input) {
      const at = await base(io, input);
      if (isRefusal(at)) return at;
      const list = await io.api.get(`${at}/members`, z.object({ members: z.array(Member) }));
      if (isRefusal(list)) return list;
      io.print.table(list.members, {
        name: (m) => m.name,
        address: (m) => m.email,
        role: (m) => m.role,
        'second factor': (m) => (m.secondFactor ? 'yes' : 'no'),
      });
    },
  },
  {
    name: 'members:add',
    summary: 'Invite an e-mail address; hand the invitation over yourself, it is shown this one time',
    args: [{ name: 'email', description: 'the address; nobody else can accept' }, role],
    options: [
      organizationOption,
      { flags: '--days <days>', description: 'days in which it can be accepted, 30 at most', default: '7' },
    ],
    examples: ['bastide members:add ada@example.org developer'],
    uses: ['inviteMember', 'listOrganizations'],
    async run(io, input) {
      const at = await base(io, input);
      if (isRefusal(at)) return at;
      const body = { email: input.args.email, role: input.args.role, days: Number(given(input, 'days')) };
      const made = await io.api.send('POST', `${at}/invitations`, body, NewInvitation);
      if (isRefusal(made)) return made;
      io.print.line(`For ${made.email}, as ${made.role}, until ${made.expiresAt.slice(0, 10)}:`);
      io.print.done(made, made.invitation);
      const server = io.config?.server;
      if (server === undefined) return;
      io.print.line(`Hand it over yourself. In a browser: ${server}/join`);
      io.print.line(`Or: bastide join - --server ${server} --name NAME`);
      if (io.config?.ca !== undefined)
        io.print.line('With --ca FILE, where FILE is the authority of this platform.');
    },
  },
  {
    name: 'members:role',
    summary: 'Change what a member is',
    args: [member, role],
    options,
    examples: ['bastide members:role ada admin'],
    uses: ['setMemberRole', 'listOrganizations'],
    async run(io, input) {
      const at = await base(io, input);
      if (isRefusal(at)) return at;
      const url = `${at}${path`/members/${input.args.name!}`}`;
      const done = await io.api.send('PATCH', url, { role: input.args.role }, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, `${input.args.name} is ${input.args.role} now.`);
    },
  },
  {
    name: 'members:remove',
    summary: 'Remove a member; what they may ends at once',
    args: [member],
    options,
    examples: ['bastide members:remove ada'],
    uses: ['removeMember', 'listOrganizations'],
    async run(io, input) {
      const at = await base(io, input);
      if (isRefusal(at)) return at;
      const done = await io.api.send('DELETE', `${at}${path`/members/${input.args.name!}`}`, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Removed.');
    },
  },
  {
    name: 'members:invitations',
    summary: 'Invitations that wait to be accepted; --revoke ends one',
    options: [organizationOption, { flags: '--revoke <id>', description: 'end this one, at once' }],
    examples: ['bastide members:invitations'],
    uses: ['listInvitations', 'revokeInvitation', 'listOrganizations'],
    async run(io, input) {
      const at = await base(io, input);
      if (isRefusal(at)) return at;
      const id = given(input, 'revoke');
      if (id !== undefined) {
        const done = await io.api.send('DELETE', `${at}${path`/invitations/${id}`}`, undefined, Done);
        return isRefusal(done) ? done : void io.print.done(done, 'Revoked.');
      }
      const list = await io.api.get(`${at}/invitations`, z.object({ invitations: z.array(Invitation) }));
      if (isRefusal(list)) return list;
      io.print.table(list.invitations, {
        id: (i) => i.id,
        address: (i) => i.email,
        role: (i) => i.role,
        'invited by': (i) => i.invitedBy,
        until: (i) => i.expiresAt.slice(0, 10),
      });
    },
  },
];
