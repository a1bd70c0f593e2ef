import { z } from 'zod';
import { path } from '../../cli/client.ts';
import type { CommandRow } from '../../cli/command.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { StackSummary } from './model.ts';

const Versions = z.object({ stacks: z.array(StackSummary) });

const columns = {
  name: (stack: StackSummary) => stack.name,
  version: (stack: StackSummary) => stack.version,
  packages: (stack: StackSummary) => stack.packages,
  built: (stack: StackSummary) => stack.builtAt.slice(0, 10),
};

/** Door 2 of the stacks. */
export const commands: readonly CommandRow[] = [
  {
    name: 'stacks',
    summary: 'The stacks that apps are built on, with their versions',
    examples: ['bastide stacks'],
    uses: ['listStacks'],
    async run(io) {
      const list = await io.api.get('/v1/stacks', Versions);
      if (isRefusal(list)) return list;
      io.print.table(list.stacks, columns);
    },
  },
  {
    name: 'stacks:info',
    summary: 'The versions of one stack',
    args: [{ name: 'stack', description: 'for example node' }],
    examples: ['bastide stacks:info node'],
    uses: ['getStack'],
    async run(io, input) {
      const list = await io.api.get(path`/v1/stacks/${input.args.stack!}`, Versions);
      if (isRefusal(list)) return list;
      io.print.table(list.stacks, { ...columns, digest: (stack) => stack.digest });
    },
  },
];
