import type { OperationKind } from '../../engine/capability.ts';
import { stepsOf } from '../../kernel/step.ts';
import type { SshDeps } from './deps.ts';
import { CertificateInput, Certified, EntryInput } from './model.ts';
import { observeCertificate, observeEntry } from './observe.ts';
import { type EntryFacts, planCertify, planClose, planOpen } from './plan.ts';
import { rotatedBy } from './store/agent.ts';

type Deps = Pick<SshDeps, 'db' | 'gateway'>;
type CertificateFacts = Awaited<ReturnType<typeof observeCertificate>>;

/** The operations that the SSH gateway knows. */
export function sshKinds(deps: Deps): OperationKind[] {
  const observe: OperationKind<EntryFacts | undefined>['observe'] = (operation) =>
    observeEntry(deps, EntryInput.parse(operation.input).entryId);
  const open: OperationKind<EntryFacts | undefined> = { kind: 'ssh.open', observe, plan: planOpen };
  const close: OperationKind<EntryFacts | undefined> = {
    kind: 'ssh.close',
    observe,
    plan: (operation, entry) => (operation.failure || !entry ? [] : planClose(entry)),
  };
  const certify: OperationKind<CertificateFacts> = {
    kind: 'ssh.certify',
    observe: (operation) => observeCertificate(deps, CertificateInput.parse(operation.input).certificateId),
    plan: planCertify,
    result: (_operation, facts) =>
      Certified.parse({
        certificate: facts?.row.certificate,
        knownHosts: facts?.row.known_hosts,
        serial: facts?.row.serial,
      }),
  };
  const rotate: OperationKind<boolean> = {
    kind: 'ssh.rotate',
    observe: (operation) => rotatedBy(deps.db, operation.id),
    plan: (operation, done) =>
      done || operation.failure
        ? []
        : [stepsOf('ssh')('rotate', 'authority', 'Make new keys of the authority; the old ones end', {})],
  };
  return [open, close, certify, rotate] as OperationKind[];
}
