import { z } from 'zod';
import { path, query } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { AuditEntry } from './model.ts';

/** Door 2 of the audit log. */
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
      { flags: '--operation <id>', description: 'only what belongs to this operation' },
      { flags: '--before <seq>', description: 'go on from this entry' },
      { flags: '-n, --limit <count>', description: 'entries, 500 at most', default: '50' },
    ],
    examples: ['bastide audit acme --outcome denied', 'bastide audit'],
    uses: ['listAudit', 'listPlatformAudit'],
    async run(io, input) {
      const names = ['actor', 'action', 'outcome', 'operation', 'before', 'limit'];
      const filter = query(Object.fromEntries(names.map((name) => [name, given(input, name)])));
      const { organization } = input.args;
      const at = organization ? path`/v1/organizations/${organization}/audit` : '/v1/platform/audit';
      const list = await io.api.get(`${at}${filter}`, z.object({ entries: z.array(AuditEntry) }));
      if (isRefusal(list)) return list;
      io.print.table(list.entries, {
        seq: (e) => e.seq,
        at: (e) => e.at.slice(0, 19).replace('T', ' '),
        actor: (e) => e.actor,
        action: (e) => e.action,
        target: (e) => e.target,
        outcome: (e) => e.outcome,
        reason: (e) => e.reason,
      });
    },
  },
];
