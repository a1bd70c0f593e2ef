import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { makeAcme } from '../../adapters/acme/acme.ts';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Keychain } from '../../adapters/envelope/port.ts';
import { makeGit } from '../../adapters/git/git.ts';
import type { Edge } from '../../adapters/haproxy/port.ts';
import { txtLookup } from '../../adapters/outbound/txt.ts';
import { makePki } from '../../adapters/pki/directory.ts';
import { makeRegistry } from '../../adapters/registry/client.ts';
import { makeSigner } from '../../adapters/signer/signer.ts';
import type { AppsDeps } from '../../capabilities/apps/deps.ts';
import { fetchGit } from '../../capabilities/apps/source/fetch.ts';
import type { EdgeDeps } from '../../capabilities/edge/deps.ts';
import { edgeKinds } from '../../capabilities/edge/kinds.ts';
import { type EdgeWorker, makeEdgeWorker } from '../../capabilities/edge/perform.ts';
import { projectGone } from '../../capabilities/keys/errors.ts';
import { projectKeys } from '../../capabilities/keys/store.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { apiSocket } from '../../capabilities/nodes/system/api.ts';
import { REGISTRY_HOST, registryClientFiles } from '../../capabilities/nodes/system/registry.ts';
import { platformHost, type Settings } from '../../capabilities/nodes/system/settings.ts';
import type { Stacks } from '../../capabilities/stacks/perform.ts';
import { recordStack } from '../../capabilities/stacks/store.ts';
import { makeConduct } from '../../capabilities/terminals/conduct.ts';
import type { Database } from '../../db/schema.ts';
import type { OperationKind } from '../../engine/capability.ts';
import type { Watch } from '../../engine/watch.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { INTERNAL_ADDRESS, paths } from '../paths.ts';
import type { Building } from './builder.ts';
import { terminalsDeps } from './terminals.ts';

/** Mutual TLS is all the login that the registry asks for. */
const REGISTRY_AUTH = new Secret('{}');

/** The platform's own authority: names that no public one can vouch for, and everything inside. */
export const platformPki = makePki({ directory: join(paths.secrets, 'ca'), name: 'Bastide CA' });

/** What the apps capability works with on this node. */
export async function appsDeps(parts: {
  db: Kysely<Database>;
  node: NodeDeps & { readonly engine: Engine };
  edge: Edge;
  stacks: Stacks;
  keys: Keychain;
  building: Building;
}): Promise<Outcome<AppsDeps>> {
  const { db, node, edge, stacks, keys, building } = parts;
  const registry = await makeRegistry({
    host: REGISTRY_HOST,
    tls: { ca: registryClientFiles.ca, cert: registryClientFiles.certificate, key: registryClientFiles.key },
  });
  const signer = await makeSigner(join(paths.secrets, 'image-signing.key'));
  if (isRefusal(signer)) return signer;
  const git = makeGit({ ...building, dir: join(paths.builds, 'git') });
  return {
    db,
    engine: node.engine,
    edge,
    registry,
    signer,
    registryHost: REGISTRY_HOST,
    registryAuth: REGISTRY_AUTH,
    conduct: makeConduct(terminalsDeps({ db, engine: node.engine })),
    authority: () => platformPki.root(),
    builder: building.builder,
    uploads: paths.uploads,
    builds: join(paths.builds, 'sources'),
    stack: (name) => stacks.current(name),
    async publishStack(stack) {
      const pushed = await registry.push(stack.layout, `stacks/${stack.name}`);
      const stored = await stacks.current(stack.name);
      if (!isRefusal(pushed) && stored?.version === stack.version) await recordStack(db, stored.record);
      return pushed;
    },
    fetchGit: (url, ref, dir) => fetchGit(git, url, ref, dir),
    async open(projectId, binding, sealed) {
      const project = await projectKeys(db, projectId);
      return project ? keys.open(project, binding, sealed) : projectGone();
    },
  };
}

/** The edge's half of this agent. */
export async function edgeDeps(parts: {
  db: Kysely<Database>;
  node: { readonly engine: Engine };
  edge: Edge;
  settings: Settings;
  watch: Watch;
  log: (line: string) => void;
}): Promise<Outcome<{ worker: EdgeWorker; kinds: OperationKind[] }>> {
  const { db, node, edge, settings, watch, log } = parts;
  const acme = settings.acmeEmail
    ? makeAcme({
        email: settings.acmeEmail,
        ...(settings.acmeDirectory ? { directory: settings.acmeDirectory } : {}),
        accountKey: join(paths.secrets, 'acme-account.key'),
      })
    : undefined;
  const deps: EdgeDeps = {
    db,
    engine: node.engine,
    edge,
    pki: platformPki,
    ...(acme ? { acme } : {}),
    txt: txtLookup(),
    domain: settings.domain,
    platform: {
      host: platformHost(settings),
      socket: apiSocket,
      healthPath: '/up',
      bodyLimit: 1024 ** 3,
      requestLimit: 5000,
    },
    // Not below what the edge's container sees: it gets the certificates it serves, not the store of them.
    certificates: paths.certificates,
    // One node today: every task listens on its internal address.
    addressOf: () => INTERNAL_ADDRESS,
    watch,
    log,
  };
  return { worker: makeEdgeWorker(deps), kinds: edgeKinds(deps) as OperationKind[] };
}
