import { path } from '../../../cli/client.ts';
import type { CommandRow } from '../../../cli/command.ts';
import { watch } from '../../../cli/io.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';

export const rotate: CommandRow = {
  name: 'backups:rotate',
  summary: 'Begin a new generation of backups now, with a new key, and put everything into it',
  args: [{ name: 'project', description: 'the project' }],
  options: [{ flags: '--detach', description: 'do not wait for its end' }],
  examples: ['bastide backups:rotate shop'],
  uses: ['rotateBackups'],
  async run(io, input) {
    const asked = await io.api.send(
      'POST',
      path`/v1/projects/${input.args.project!}/backups/rotate`,
      undefined,
      Accepted,
    );
    const done = await watch(io, asked, { detach: input.options.detach === true });
    if (isRefusal(done)) return done;
    if (done)
      io.print.done(
        done,
        'A new generation is begun. The one before stays until its retention in the vault ends.',
      );
    return undefined;
  },
};
