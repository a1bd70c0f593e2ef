import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { usage } from '../../cli/errors.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { Erasure } from './model.ts';

const day = (date: string | null): string => date?.slice(0, 10) ?? '';
const projectArgument = { name: 'project', description: 'the project' };

/** Door 2 of erasure. */
export const commands: readonly CommandRow[] = [
  {
    name: 'projects:erase',
    summary: 'Erase a project and everything in it, backups included, after a grace period',
    args: [projectArgument],
    options: [
      { flags: '--confirm <name>', description: 'the name of the project once more' },
      {
        flags: '--days <number>',
        description: 'days in which it can be cancelled; 0 erases at once',
        default: '7',
      },
    ],
    examples: [
      'bastide projects:erase shop --confirm shop',
      'bastide projects:erase shop --confirm shop --days 0',
    ],
    uses: ['eraseProject'],
    async run(io, input) {
      const project = input.args.project!;
      const confirm = given(input, 'confirm');
      if (confirm !== project)
        return usage('Erasing cannot be undone once it has begun', `Confirm with: --confirm ${project}`);
      const days = Number(given(input, 'days') ?? '7');
      const asked = await io.api.send(
        'POST',
        path`/v1/projects/${project}/erasure`,
        { confirm, days },
        Erasure,
      );
      if (isRefusal(asked)) return asked;
      io.print.done(
        asked,
        `${project} will be erased after ${asked.eraseAfter}. Until then: bastide projects:erase:cancel ${project}`,
      );
      return undefined;
    },
  },
  {
    name: 'projects:erase:cancel',
    summary: 'Cancel an erasure that has not begun',
    args: [projectArgument],
    examples: ['bastide projects:erase:cancel shop'],
    uses: ['cancelErasure'],
    async run(io, input) {
      const project = input.args.project!;
      const done = await io.api.send(
        'DELETE',
        path`/v1/projects/${project}/erasure`,
        undefined,
        z.object({ cancelled: z.literal(true) }),
      );
      if (isRefusal(done)) return done;
      io.print.done(done, `${project} stays.`);
      return undefined;
    },
  },
  {
    name: 'projects:erasures',
    summary: 'Erasures of your projects; with --certificate, the signed proof of one',
    options: [
      { flags: '--certificate <project>', description: 'write the certificate of this project beside you' },
    ],
    examples: ['bastide projects:erasures', 'bastide projects:erasures --certificate shop'],
    uses: ['listErasures'],
    async run(io, input) {
      const list = await io.api.get('/v1/erasures', z.object({ erasures: z.array(Erasure) }));
      if (isRefusal(list)) return list;
      const wanted = given(input, 'certificate');
      if (wanted === undefined) {
        io.print.table(list.erasures, {
          project: (e) => e.project,
          status: (e) => e.status,
          asked: (e) => day(e.requestedAt),
          by: (e) => e.requestedBy,
          'erased after': (e) => day(e.eraseAfter),
          done: (e) => day(e.finishedAt),
        });
        return undefined;
      }
      const one = list.erasures.find((e) => e.project === wanted && e.certificate !== null);
      if (!one) return usage(`There is no certificate of ${wanted}`, 'See: bastide projects:erasures');
      const file = `erasure-${wanted}`;
      await writeFile(`${file}.json`, one.certificate!);
      await writeFile(`${file}.sig`, Buffer.from(one.signature!, 'base64'));
      await writeFile(`${file}.pem`, one.publicKey!);
      io.print.done(
        { file: `${file}.json` },
        `Verify with: openssl dgst -sha256 -verify ${file}.pem -signature ${file}.sig ${file}.json`,
      );
      return undefined;
    },
  },
];
