import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { path, query } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { type Io, watch } from '../../cli/io.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { auditFileUnreadable } from './errors.ts';
import { ForwardView } from './model/forward.ts';
import { RetentionView } from './model/retention.ts';

const RETENTION = '/v1/platform/audit/retention';
const FORWARDS = '/v1/platform/audit/forwards';
const Named = z.object({ name: z.string() });
const minute = (at: string | null) => at?.slice(0, 16).replace('T', ' ') ?? null;

function printRetention(io: Io, view: RetentionView): void {
  const { due } = view;
  io.print.record(view, {
    kept: view.days === null ? 'for ever' : `${view.days} days`,
    'at least': `${view.floorDays} days`,
    'set by': view.setBy,
    'removed so far': view.retired,
    'last removed': minute(view.retiredAt),
    ...(due
      ? {
          [`older than ${due.days} days`]: `${due.entries} entries, sealed before ${minute(due.before)}`,
          'waits for': due.heldBy,
        }
      : {}),
  });
}

const name = { name: 'name', description: 'its name' } as const;

/** Door 2 of how long the log is kept and of who else gets it. */
export const policyCommands: readonly CommandRow[] = [
  {
    name: 'audit:retention',
    summary: 'How long entries of the audit log are kept; with --days or --keep: say it',
    options: [
      { flags: '--days <days>', description: 'remove what is older; at least 180' },
      { flags: '--keep', description: 'remove nothing' },
      { flags: '--dry-run', description: 'with --days: only say what would be removed now' },
    ],
    examples: [
      'bastide audit:retention',
      'bastide audit:retention --days 365 --dry-run',
      'bastide audit:retention --days 365 --reason "policy of 2026"',
    ],
    uses: ['getAuditRetention', 'setAuditRetention'],
    async run(io, input): Promise<Outcome<undefined>> {
      const days = given(input, 'days');
      const keep = input.options.keep === true;
      const only = input.options.dryRun === true || (days === undefined && !keep);
      const view = only
        ? await io.api.get(`${RETENTION}${query({ days })}`, RetentionView)
        : await io.api.send('PUT', RETENTION, { days: keep ? null : Number(days) }, RetentionView);
      if (isRefusal(view)) return view;
      printRetention(io, view);
      return undefined;
    },
  },
  {
    name: 'audit:forward:list',
    summary: 'Syslog servers that get the audit log, and how far each has got',
    examples: ['bastide audit:forward:list'],
    uses: ['listAuditForwards'],
    async run(io) {
      const list = await io.api.get(FORWARDS, z.object({ forwards: z.array(ForwardView) }));
      if (isRefusal(list)) return list;
      io.print.table(list.forwards, {
        name: (f) => f.name,
        server: (f) => `${f.host}:${f.port}`,
        behind: (f) => f.behind,
        'last took': (f) => minute(f.reachedAt),
        'failing since': (f) => minute(f.failingSince),
        failure: (f) => f.failure,
      });
      return undefined;
    },
  },
  {
    name: 'audit:forward:add',
    summary: 'Send the audit log to a syslog server as it grows: RFC 5424 over TLS',
    args: [name, { name: 'host', description: 'the server' }],
    options: [
      { flags: '--port <port>', description: 'its TCP port', default: '6514' },
      { flags: '--ca <file>', description: 'PEM of its authority, where it is none of the public ones' },
      {
        flags: '--client-certificate',
        description: 'show it /etc/bastide/forward/<name>.crt of the host',
      },
      { flags: '--private', description: 'it is in a private network, and meant to be' },
    ],
    examples: [
      'bastide audit:forward:add siem logs.example.org --ca authority.pem',
      'bastide audit:forward:add siem 10.0.0.9 --private --ca authority.pem --client-certificate',
    ],
    uses: ['addAuditForward'],
    async run(io, input) {
      const file = given(input, 'ca');
      const ca = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => null);
      if (ca === null) return auditFileUnreadable(file!);
      const added = await io.api.send(
        'POST',
        FORWARDS,
        {
          ...{ name: input.args.name, host: input.args.host, port: Number(given(input, 'port') ?? '6514') },
          ...{ clientCertificate: input.options.clientCertificate === true },
          ...{ private: input.options.private === true, ...(ca === undefined ? {} : { ca }) },
        },
        Named,
      );
      if (isRefusal(added)) return added;
      io.print.done(added, `The log goes to ${added.name}. Next: bastide audit:forward:test ${added.name}`);
      return undefined;
    },
  },
  {
    name: 'audit:forward:test',
    summary: 'Send a test message to a syslog server, and say whether it took it',
    args: [name],
    examples: ['bastide audit:forward:test siem'],
    uses: ['testAuditForward', 'followOperation'],
    async run(io, input) {
      const at = `${FORWARDS}${path`/${input.args.name!}/test`}`;
      const done = await watch(io, await io.api.send('POST', at, undefined, Accepted));
      return isRefusal(done) ? done : undefined;
    },
  },
  {
    name: 'audit:forward:remove',
    summary: 'Send the audit log to a syslog server no longer',
    args: [name],
    examples: ['bastide audit:forward:remove siem'],
    uses: ['removeAuditForward'],
    async run(io, input) {
      const at = `${FORWARDS}${path`/${input.args.name!}`}`;
      const removed = await io.api.send('DELETE', at, undefined, Named);
      if (isRefusal(removed)) return removed;
      io.print.done(removed, `Nothing more goes to ${removed.name}.`);
      return undefined;
    },
  },
];
