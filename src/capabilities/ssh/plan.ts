import type { Login } from '../../adapters/openssh/port.ts';
import type { Operation } from '../../engine/operation.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { type Step, stepsOf } from '../../kernel/step.ts';
import type { Millis } from '../../kernel/time.ts';
import { EVERYBODY, type OpenEntry } from '../network/model.ts';
import { certificateNotFound, entryNotFound, entryOver } from './errors.ts';
import { principalOf, SSH_PORT } from './model.ts';

const step = stepsOf('ssh');

/** An entry as it is stored, and how far it has got. */
export interface EntryFacts {
  readonly id: string;
  readonly until: Millis;
  readonly opened: boolean;
  readonly endRequested: boolean;
  readonly closed: boolean;
  /** The gateway's image is on this node. */
  readonly prepared: boolean;
}

/** ssh.open: what fails is closed again. */
export function planOpen(
  operation: Pick<Operation, 'failure'>,
  entry: EntryFacts | undefined,
  now: Millis,
): Outcome<readonly Step[]> {
  if (!entry) return operation.failure ? [] : entryNotFound();
  if (operation.failure) return planClose(entry);
  if (entry.opened && !entry.endRequested) return [];
  if (entry.closed || entry.endRequested || entry.until <= now) return entryOver();
  return [
    ...(entry.prepared
      ? []
      : [step('prepare', 'image', 'Prepare the SSH gateway; the first time takes a minute', {})]),
    step('sync', entry.id, 'Let SSH in', { entryId: entry.id }),
  ];
}

/** ssh.close: the way in is closed, and who is in goes. */
export const planClose = (entry: EntryFacts): readonly Step[] =>
  entry.closed
    ? []
    : [
        ...(entry.endRequested
          ? []
          : [step('end', entry.id, 'Mark the entry as ended', { entryId: entry.id })]),
        step('sync', `out-${entry.id}`, 'Let SSH in no longer', {}),
      ];

/** ssh.certify: the one signature. */
export function planCertify(
  operation: Pick<Operation, 'failure'>,
  certificate: { readonly id: string; readonly signed: boolean } | undefined,
): Outcome<readonly Step[]> {
  if (operation.failure) return [];
  if (!certificate) return certificateNotFound();
  if (certificate.signed) return [];
  return [step('certify', certificate.id, 'Sign the key', { certificateId: certificate.id })];
}

export interface LiveEntry {
  readonly id: string;
  readonly projectId: string;
  readonly sources: readonly string[];
  readonly until: Millis;
  readonly endRequested: boolean;
  readonly suspended: boolean;
}

/** What lets somebody in now: entries that are open, and of them the projects. */
export const openNow = (entries: readonly LiveEntry[], now: Millis): readonly LiveEntry[] =>
  entries.filter((entry) => !entry.endRequested && !entry.suspended && entry.until > now);

interface Parts {
  readonly apps: readonly { readonly name: string; readonly projectId: string }[];
  readonly keys: readonly { readonly projectId: string; readonly line: string; readonly until: Date }[];
}

/** PURE. Login names with who may use them: the apps of projects that are open, and nobody else. */
export const planLogins = (open: readonly LiveEntry[], { apps, keys }: Parts): readonly Login[] =>
  apps.flatMap(({ name, projectId }) => {
    const entry = open.find((one) => one.projectId === projectId);
    if (!entry) return [];
    return [
      {
        name,
        principal: principalOf(projectId),
        from: entry.sources,
        keys: keys.filter((key) => key.projectId === projectId).map(({ line, until }) => ({ line, until })),
      },
    ];
  });

/** Who the firewall lets in at the port: `*` is everybody. */
export function planAdmitted(open: readonly LiveEntry[]): readonly OpenEntry[] {
  if (open.some(({ sources }) => sources.length === 0)) return [{ port: SSH_PORT, source: EVERYBODY }];
  return [...new Set(open.flatMap(({ sources }) => sources))]
    .sort()
    .map((source) => ({ port: SSH_PORT, source }));
}
