import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { runner } from '../../adapters/exec/run.ts';
import { makeAuthority } from '../../adapters/openssh/authority.ts';
import { greetsWithin } from '../../adapters/openssh/banner.ts';
import { sshSilent } from '../../adapters/openssh/errors.ts';
import { writeExactly } from '../../adapters/openssh/files.ts';
import { renderLogins, renderSshd } from '../../adapters/openssh/render.ts';
import { hashToken, newToken } from '../../capabilities/access/tokens.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { ensureBundleImage } from '../../capabilities/nodes/system/image.ts';
import { FILES, GATE, SSH_CONTAINER, sshSpec } from '../../capabilities/ssh/containers.ts';
import type { SshDeps, SshGateway } from '../../capabilities/ssh/deps.ts';
import { sshKinds } from '../../capabilities/ssh/kinds.ts';
import { SSH_GID, SSH_PORT, SSH_UID } from '../../capabilities/ssh/model.ts';
import { makeSshWorker, type SshWorker } from '../../capabilities/ssh/perform.ts';
import type { Stacks } from '../../capabilities/stacks/perform.ts';
import type { Database } from '../../db/schema.ts';
import type { OperationKind } from '../../engine/capability.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { paths } from '../paths.ts';
import type { Admitted } from './gateways.ts';

interface Parts {
  readonly db: Kysely<Database>;
  readonly node: NodeDeps;
  readonly admitted: Admitted;
  readonly stacks: Stacks;
  /** Directory whose content becomes /app of the gateway's image. */
  readonly bundle: string;
  /** The name that people call the gateway by. */
  readonly host: string;
  readonly log: (line: string) => void;
}

const directory = join(paths.run, 'gateways', 'ssh');
const OWNER = { uid: SSH_UID, gid: SSH_GID };
/** Milliseconds in which sshd has to answer. */
const PATIENCE = 20_000;

/** What sshd said last. */
async function lastWords(engine: NodeDeps['engine']): Promise<string> {
  let last = '';
  const lines = engine.logs({ container: SSH_CONTAINER }, { follow: false, tail: 1 });
  for await (const { text } of lines) last = text;
  return last.slice(0, 200);
}

/** sshd in its container. */
function gatewayOf({ node: { engine }, stacks, bundle }: Parts): SshGateway {
  let image: string | undefined;
  return {
    prepared: () => image !== undefined,
    async prepare(onLine) {
      const stack = await stacks.ensure('ssh', onLine);
      if (isRefusal(stack)) return stack;
      const made = await ensureBundleImage(engine, 'gateway-ssh', stack, bundle);
      if (isRefusal(made)) return made;
      image = made;
    },
    async apply({ logins, keys, revoked, token }) {
      const fixed = {
        sshd_config: renderSshd({ files: FILES, port: SSH_PORT }),
        host_key: keys.hostKey,
        'host_key-cert.pub': keys.hostCertificate,
      };
      const written = await writeExactly(directory, OWNER, {
        ...fixed,
        'user_ca.pub': keys.userAuthority,
        'revoked.krl': revoked,
        'gateway.token': token,
        ...renderLogins(logins, { ...OWNER, gate: GATE }),
      });
      if (isRefusal(written)) return written;
      // What sshd reads at its start only: another one of it is another container.
      const config = createHash('sha256').update(JSON.stringify(fixed)).digest('hex').slice(0, 16);
      const places = { files: directory, apiSocketDir: paths.apiSocketDir };
      const started = await engine.containerEnsure(sshSpec(image ?? '', places, config));
      if (isRefusal(started)) return started;
      return (await greetsWithin(SSH_PORT, PATIENCE))
        ? undefined
        : sshSilent(SSH_PORT, await lastWords(engine));
    },
    stop: () => engine.containerStop(SSH_CONTAINER),
  };
}

/** The SSH gateway of this node. */
export function sshOf(parts: Parts): { worker: SshWorker; kinds: OperationKind[] } {
  const { db, node, admitted, host, log } = parts;
  const deps: SshDeps = {
    db,
    authority: makeAuthority({ run: runner, directory: paths.ssh, now: Date.now }),
    gateway: gatewayOf(parts),
    host,
    newToken() {
      const token = newToken('bsg').reveal();
      return { token, hash: hashToken(token) };
    },
    async admit(entries) {
      if (JSON.stringify(entries) === JSON.stringify(admitted.entries)) return;
      admitted.entries = entries;
      const done = await node.ensureFirewall();
      return isRefusal(done) ? done : undefined;
    },
    log,
    now: Date.now,
  };
  return { worker: makeSshWorker(deps), kinds: sshKinds(deps) };
}
