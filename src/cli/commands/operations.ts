import { z } from 'zod';
import { OperationView, StepView } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { type Client, path, query } from '../client.ts';
import { appOption, type CommandRow, given } from '../command.ts';
import { nothingToWatch } from '../errors.ts';
import { follow } from '../progress.ts';
import { toWatch } from '../watchable.ts';

const idArgument = { name: 'id', description: 'id of the operation' };
const EXAMPLE = '019a0000-0000-7000-8000-000000000000';
const time = (at: string | null) => at?.slice(0, 19).replace('T', ' ') ?? null;

const Operations = z.object({ operations: z.array(OperationView) });

/** The operation to come back to, where none was named. */
async function latest(api: Client, app: string | undefined): Promise<Outcome<string>> {
  const list = await api.get(`/v1/operations${query({ app, limit: 200 })}`, Operations);
  return isRefusal(list) ? list : (toWatch(list.operations)?.id ?? nothingToWatch());
}

/** Operations: every change is one. */
export const commands: readonly CommandRow[] = [
  {
    name: 'operations',
    summary: 'What was asked for lately, and what came of it',
    options: [
      { flags: appOption.flags, description: 'only those of this app' },
      { flags: '--status <status>', description: 'queued, running, succeeded, failed or cancelled' },
      { flags: '-n, --limit <count>', description: 'how many, 200 at most', default: '20' },
    ],
    examples: ['bastide operations', 'bastide operations --app shop --status failed'],
    uses: ['listOperations'],
    async run(io, input) {
      const filter = query(
        Object.fromEntries(['app', 'status', 'limit'].map((name) => [name, given(input, name)])),
      );
      const list = await io.api.get(`/v1/operations${filter}`, Operations);
      if (isRefusal(list)) return list;
      io.print.table(list.operations, {
        id: (o) => o.id,
        kind: (o) => o.kind,
        app: (o) => o.app,
        status: (o) => o.status,
        by: (o) => o.requestedBy,
        at: (o) => time(o.requestedAt),
      });
    },
  },
  {
    name: 'operations:info',
    summary: 'One operation with its steps',
    args: [idArgument],
    examples: [`bastide operations:info ${EXAMPLE}`],
    uses: ['getOperation'],
    async run(io, input) {
      const one = await io.api.get(
        path`/v1/operations/${input.args.id!}`,
        OperationView.extend({ steps: z.array(StepView) }),
      );
      if (isRefusal(one)) return one;
      io.print.record(one, {
        id: one.id,
        kind: one.kind,
        app: one.app,
        status: one.status,
        by: one.requestedBy,
        reason: one.reason,
        requested: time(one.requestedAt),
        finished: time(one.finishedAt),
        failure: one.failure && `${one.failure.code}: ${one.failure.message}`,
        next: one.failure?.next ?? null,
      });
      for (const step of io.print.json ? [] : one.steps)
        io.print.line(`  ${step.status.padEnd(7)}  ${step.summary}`);
    },
  },
  {
    name: 'operations:watch',
    summary: 'Follow an operation to its end; Ctrl-C stops watching, not the operation',
    args: [{ ...idArgument, description: 'id of the operation; the latest unless told', optional: true }],
    options: [{ flags: appOption.flags, description: 'the latest of this app' }],
    examples: [
      'bastide operations:watch',
      'bastide operations:watch --app shop',
      `bastide operations:watch ${EXAMPLE}`,
    ],
    uses: ['followOperation', 'getOperation', 'listOperations'],
    async run(io, input) {
      const id = input.args.id || (await latest(io.api, given(input, 'app')));
      if (isRefusal(id)) return id;
      const end = await follow(io.api, io.print, id, io.signal);
      if (isRefusal(end)) return end;
      io.print.done(end, `${io.print.colors.green('✓')} ${end.kind} succeeded`);
    },
  },
  {
    name: 'operations:cancel',
    summary: 'Ask an operation to end; it cleans up after itself',
    args: [idArgument],
    examples: [`bastide operations:cancel ${EXAMPLE}`],
    uses: ['cancelOperation'],
    async run(io, input) {
      const done = await io.api.send(
        'POST',
        path`/v1/operations/${input.args.id!}/cancel`,
        undefined,
        z.object({ ok: z.literal(true) }),
      );
      if (isRefusal(done)) return done;
      io.print.done(done, 'Asked. Watch it end with: bastide operations:watch');
    },
  },
];
