import { createHash } from 'node:crypto';
import { renderKnownHosts } from '../../adapters/openssh/render.ts';
import type { Perform } from '../../engine/capability.ts';
import { submit } from '../../engine/submit.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { blobOf } from '../../kernel/ssh-key.ts';
import { sleep } from '../../kernel/time.ts';
import type { SshDeps } from './deps.ts';
import { certificateNotFound, entryNotFound, entryOver, stepUnknown } from './errors.ts';
import { CertificateInput, EntryInput, entryTarget, principalOf, roleOf, SSH_PORT } from './model.ts';
import { observeLive } from './observe.ts';
import { openNow, planAdmitted, planLogins } from './plan.ts';
import * as store from './store/agent.ts';

/** Milliseconds between two looks at what is open and revoked. */
const EVERY = 2000;

export interface SshWorker {
  readonly perform: Perform;
  /** Ends what has come to its end and keeps the gateway at what is open and revoked, until the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
}

/** Brings firewall and gateway to what is open now, one at a time: who is to stay out is let go of first. */
function makeSync(deps: SshDeps) {
  const { db, authority, gateway, now } = deps;
  let queue: Promise<unknown> = Promise.resolve();
  let token: string | undefined;
  let list: { readonly key: string; readonly bytes: Uint8Array } | undefined;
  /** Whether a gateway may be running that nothing is known of. */
  let unknown = true;

  async function close(): Promise<Outcome<readonly string[]>> {
    const admitted = await deps.admit([]);
    if (isRefusal(admitted)) return admitted;
    const stopped = await gateway.stop();
    if (isRefusal(stopped)) return stopped;
    await store.markApplied(db, []);
    unknown = false;
    return [];
  }

  async function gatewayToken(): Promise<string> {
    if (token) return token;
    const made = deps.newToken();
    await store.setGateway(db, made.hash);
    token = made.token;
    return token;
  }

  /** The list of revocations, made anew when it would be another one. */
  async function revocations(authorityKey: string): Promise<Outcome<Uint8Array>> {
    const serials = await store.revokedSerials(db);
    const key = `${authorityKey} ${serials.join()}`;
    if (list?.key === key) return list.bytes;
    const bytes = await authority.revocations(serials);
    if (!isRefusal(bytes)) list = { key, bytes };
    return bytes;
  }

  async function once(): Promise<Outcome<readonly string[]>> {
    const live = await observeLive(deps);
    if (live.length === 0 && !unknown) return [];
    const open = openNow(live, now());
    if (open.length === 0) return close();
    if (!gateway.prepared()) {
      const prepared = await gateway.prepare(deps.log);
      if (isRefusal(prepared)) return prepared;
    }
    const projects = [...new Set(open.map(({ projectId }) => projectId))];
    const apps = (await store.appsOf(db, projects)).map((row) => ({
      name: row.name,
      projectId: row.project_id,
    }));
    const keys = (await store.keysOf(db, projects, new Date(now()))).map((row) => ({
      projectId: row.project_id,
      line: row.public_key,
      until: row.expires_at,
    }));
    const signed = await authority.gatewayFiles([deps.host]);
    if (isRefusal(signed)) return signed;
    const revoked = await revocations(signed.userAuthority);
    if (isRefusal(revoked)) return revoked;
    const logins = planLogins(open, { apps, keys });
    const applied = await gateway.apply({ logins, keys: signed, revoked, token: await gatewayToken() });
    if (isRefusal(applied)) return applied;
    const admitted = await deps.admit(planAdmitted(open));
    if (isRefusal(admitted)) return admitted;
    const ids = open.map(({ id }) => id);
    await store.markApplied(db, ids);
    unknown = false;
    return ids;
  }

  return (): Promise<Outcome<readonly string[]>> => {
    const mine = queue.then(once);
    queue = mine.catch(() => {});
    return mine;
  };
}

/** The SSH gateway's half of the agent. One per node. */
export function makeSshWorker(deps: SshDeps): SshWorker {
  const { db, authority, now } = deps;
  const sync = makeSync(deps);

  async function open(entryId: string | undefined): Promise<Outcome<void>> {
    const synced = await sync();
    if (isRefusal(synced)) return synced;
    if (entryId === undefined || synced.includes(entryId)) return;
    return (await store.findEntry(db, entryId)) ? entryOver() : entryNotFound();
  }

  async function certify(id: string): Promise<Outcome<void>> {
    const row = await store.findCertificate(db, id);
    if (!row || row.revoked_at) return certificateNotFound();
    if (row.certificate) return;
    const keys = await authority.gatewayFiles([deps.host]);
    if (isRefusal(keys)) return keys;
    const certificate = await authority.certify({
      serial: Number(row.serial),
      keyId: `${row.account}/${row.id}`,
      principals: [principalOf(row.project_id), roleOf(row.project_id, row.role)],
      seconds: Math.min(row.seconds, 900),
      publicKey: row.public_key,
    });
    if (isRefusal(certificate)) return certificate;
    await store.keepCertificate(db, id, {
      certificate,
      hash: createHash('sha256').update(blobOf(certificate)).digest(),
      knownHosts: renderKnownHosts(deps.host, SSH_PORT, keys.hostAuthority),
    });
  }

  async function rotate(operationId: string): Promise<Outcome<void>> {
    const rotated = await authority.rotate();
    if (isRefusal(rotated)) return rotated;
    const synced = await sync();
    if (isRefusal(synced)) return synced;
    await store.markRotated(db, newId(), operationId);
  }

  /** Asks for the close of entries whose time has come: an operation like any other, so it is written down. */
  async function endDue(): Promise<void> {
    for (const entry of await store.liveEntries(db)) {
      if (entry.end_requested_at || entry.until.getTime() > now()) continue;
      await db.transaction().execute(async (tx) => {
        await store.requestEnd(tx, entry.id, 'ended');
        await submit(tx, {
          kind: 'ssh.close',
          target: entryTarget(entry.id),
          organizationId: entry.organization_id,
          projectId: entry.project_id,
          input: { entryId: entry.id },
          actor: 'system:ssh',
          reason: 'the entry has ended',
        });
      });
    }
  }

  return {
    perform: async (step, context) => {
      switch (step.kind) {
        case 'prepare':
          return deps.gateway.prepare((line) => context.log(line, 'stack'));
        case 'sync':
          return open(EntryInput.partial().parse(step.input).entryId);
        case 'end':
          await store.requestEnd(db, EntryInput.parse(step.input).entryId, 'failed');
          return;
        case 'certify':
          return certify(CertificateInput.parse(step.input).certificateId);
        case 'rotate':
          return rotate(context.operation.id);
        default:
          return stepUnknown(step.kind);
      }
    },
    async keep(signal) {
      let said = '';
      while (!signal.aborted) {
        const result = await endDue()
          .then(sync)
          .catch((error: Error) => error);
        const failed = isRefusal(result) || result instanceof Error ? result.message : '';
        if (failed !== said) deps.log(failed ? `ssh: ${failed}` : 'ssh: all is well again');
        said = failed;
        await sleep(EVERY, signal);
      }
    },
  };
}
