import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given } from '../../../cli/command.ts';
import { usage } from '../../../cli/errors.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { ProjectMove } from '../model/members.ts';
import { organizationOf, organizationOption } from './organization.ts';

const Done = z.object({ ok: z.literal(true) });
const project = { name: 'project', description: 'name of the project' };

/** A project to another organization: one side offers, the other takes it in. */
export const moveCommands: readonly CommandRow[] = [
  {
    name: 'projects:move',
    summary: 'Offer a project to another organization; nothing moves until an owner there takes it in',
    args: [project],
    options: [
      { flags: '--to <organization>', description: 'the organization to offer it to' },
      { flags: '--cancel', description: 'take the offer back' },
    ],
    examples: ['bastide projects:move shop --to acme', 'bastide projects:move shop --cancel'],
    uses: ['offerProject', 'withdrawProject'],
    async run(io, input) {
      const at = path`/v1/projects/${input.args.project!}/move`;
      if (input.options.cancel === true) {
        const done = await io.api.send('DELETE', at, undefined, Done);
        return isRefusal(done) ? done : void io.print.done(done, 'Taken back.');
      }
      const to = given(input, 'to');
      if (to === undefined) return usage('To which organization?', 'Give --to or --cancel.');
      const made = await io.api.send('POST', at, { to }, ProjectMove);
      if (isRefusal(made)) return made;
      io.print.done(
        made,
        `Offered to ${to}. An owner there has a week: bastide projects:receive ${made.id} --organization ${to}`,
      );
    },
  },
  {
    name: 'projects:moves',
    summary: 'Projects that were offered by an organization and to it',
    options: [organizationOption],
    examples: ['bastide projects:moves'],
    uses: ['listMoves', 'listOrganizations'],
    async run(io, input) {
      const name = await organizationOf(io, given(input, 'organization'));
      if (isRefusal(name)) return name;
      const Moves = z.object({ moves: z.array(ProjectMove) });
      const list = await io.api.get(path`/v1/organizations/${name}/moves`, Moves);
      if (isRefusal(list)) return list;
      io.print.table(list.moves, {
        id: (m) => m.id,
        project: (m) => m.project,
        from: (m) => m.from,
        to: (m) => m.to,
        by: (m) => m.requestedBy,
        until: (m) => m.expiresAt.slice(0, 10),
      });
    },
  },
  {
    name: 'projects:receive',
    summary: 'Take in a project that was offered; deploy tokens of the old organization end',
    args: [{ name: 'id', description: 'its id, from: bastide projects:moves' }],
    options: [organizationOption],
    examples: ['bastide projects:receive 019a0000-0000-7000-8000-000000000000 --organization acme'],
    uses: ['receiveProject', 'listOrganizations'],
    async run(io, input) {
      const name = await organizationOf(io, given(input, 'organization'));
      if (isRefusal(name)) return name;
      const at = path`/v1/organizations/${name}/moves/${input.args.id!}/accept`;
      const done = await io.api.send('POST', at, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, `The project belongs to ${name} now.`);
    },
  },
];
