import { z } from 'zod';
import { path, query } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import type { Io } from '../../cli/io.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { logCommands } from './cli-log.ts';
import { policyCommands } from './cli-policy.ts';
import { AlertView, AuditEntry } from './model.ts';

const Alerts = z.object({ alerts: z.array(AlertView) });
const alertsOf = (organization: string | undefined): string =>
  organization ? path`/v1/organizations/${organization}/alerts` : '/v1/platform/alerts';

async function printEntries(
  io: Io,
  organization: string | undefined,
  filter: Readonly<Record<string, string | undefined>>,
): Promise<Outcome<undefined>> {
  const at = organization ? path`/v1/organizations/${organization}/audit` : '/v1/platform/audit';
  const list = await io.api.get(`${at}${query(filter)}`, z.object({ entries: z.array(AuditEntry) }));
  if (isRefusal(list)) return list;
  io.print.table(list.entries, {
    seq: (e) => e.seq,
    at: (e) => e.at.slice(0, 19).replace('T', ' '),
    actor: (e) => e.actor,
    action: (e) => e.action,
    target: (e) => e.target,
    outcome: (e) => e.outcome,
    reason: (e) => e.reason,
    sealed: (e) => e.index ?? 'not yet',
  });
  return undefined;
}

/** Door 2 of the audit log and of the alerts. */
export const commands: readonly CommandRow[] = [
  {
    name: 'audit',
    summary: 'Who did what, when and why; newest first',
    args: [
      {
        name: 'organization',
        description: 'the organization; the whole platform for operators',
        optional: true,
      },
    ],
    options: [
      { flags: '--actor <account>', description: 'only what this account did' },
      { flags: '--action <action>', description: 'only this action' },
      { flags: '--outcome <outcome>', description: 'allowed, denied, started, done or failed' },
      { flags: '--target <target>', description: 'only what was done to this' },
      { flags: '--app <app>', description: 'only what was done to this app' },
      { flags: '--project <project>', description: 'only what was done in this project' },
      { flags: '--operation <id>', description: 'only what belongs to this operation' },
      { flags: '--request <id>', description: 'only what belongs to this request' },
      { flags: '--since <time>', description: 'only from this time on, as 2026-11-22T09:00:00Z' },
      { flags: '--until <time>', description: 'only before this time' },
      { flags: '--before <seq>', description: 'go on from this entry' },
      { flags: '-n, --limit <count>', description: 'entries, 500 at most', default: '50' },
    ],
    examples: ['bastide audit acme --outcome denied', 'bastide audit'],
    uses: ['listAudit', 'listPlatformAudit'],
    run: (io, input) =>
      printEntries(io, input.args.organization, {
        ...Object.fromEntries(
          [
            ...['actor', 'action', 'outcome', 'target', 'app', 'project', 'operation', 'request'],
            ...['since', 'until', 'before', 'limit'],
          ].map((name) => [name, given(input, name)]),
        ),
      }),
  },
  {
    name: 'audit:search',
    summary: 'Find in the audit log who did what, on what, when, from where and with what result',
    args: [
      {
        name: 'organization',
        description: 'the organization; the whole platform for operators',
        optional: true,
      },
    ],
    options: [
      { flags: '--who <account>', description: 'what this account did' },
      { flags: '--what <action>', description: 'this action, or all that begin so: apps:*' },
      { flags: '--on <target>', description: 'what was done to this, as app:shop' },
      { flags: '--result <result>', description: 'allowed, denied, started, done or failed' },
      { flags: '--from <address>', description: 'what came from this address' },
      { flags: '--words <words>', description: 'whose target or reason has these words' },
      { flags: '--since <time>', description: 'from this time on, as 2026-11-22T09:00:00Z' },
      { flags: '--until <time>', description: 'before this time' },
      { flags: '--before <seq>', description: 'go on from this entry' },
      { flags: '-n, --limit <count>', description: 'entries, 500 at most', default: '50' },
    ],
    examples: [
      'bastide audit:search acme --who ann --what "apps:*" --result denied',
      'bastide audit:search --from 192.0.2.7 --since 2026-11-22T09:00:00Z',
    ],
    uses: ['listAudit', 'listPlatformAudit'],
    run: (io, input) =>
      printEntries(io, input.args.organization, {
        actor: given(input, 'who'),
        action: given(input, 'what'),
        target: given(input, 'on'),
        outcome: given(input, 'result'),
        address: given(input, 'from'),
        words: given(input, 'words'),
        since: given(input, 'since'),
        until: given(input, 'until'),
        before: given(input, 'before'),
        limit: given(input, 'limit'),
      }),
  },
  ...logCommands,
  ...policyCommands,
  {
    name: 'alerts',
    summary: 'What somebody has to know of, the worst first',
    args: [
      {
        name: 'organization',
        description: 'the organization; the whole platform for operators',
        optional: true,
      },
    ],
    options: [
      { flags: '--all', description: 'resolved ones too' },
      { flags: '-n, --limit <count>', description: 'alerts, 500 at most', default: '100' },
    ],
    examples: ['bastide alerts acme', 'bastide alerts --all'],
    uses: ['listAlerts', 'listPlatformAlerts'],
    async run(io, input) {
      const filter = query({ all: String(input.options.all === true), limit: given(input, 'limit') });
      const list = await io.api.get(`${alertsOf(input.args.organization)}${filter}`, Alerts);
      if (isRefusal(list)) return list;
      io.print.table(list.alerts, {
        severity: (a) => a.severity,
        code: (a) => a.code,
        subject: (a) => a.subject,
        since: (a) => a.firstAt.slice(0, 16).replace('T', ' '),
        times: (a) => a.times,
        message: (a) => a.message,
        next: (a) => a.next,
        seen: (a) => a.acknowledgedBy,
        id: (a) => a.id,
      });
    },
  },
  {
    name: 'alerts:acknowledge',
    summary: 'Say that you look after an alert; it stays open until it is well again',
    args: [
      { name: 'alert', description: 'id of the alert' },
      { name: 'organization', description: 'the organization; none: as an operator', optional: true },
    ],
    examples: ['bastide alerts:acknowledge 019a0000-0000-7000-8000-000000000000 acme'],
    uses: ['acknowledgeAlert', 'acknowledgePlatformAlert'],
    async run(io, input) {
      const at = `${alertsOf(input.args.organization)}${path`/${input.args.alert!}`}/acknowledge`;
      const done = await io.api.send('POST', at, undefined, z.object({ id: z.uuid() }));
      if (isRefusal(done)) return done;
      io.print.done(done, 'It is yours.');
    },
  },
];
