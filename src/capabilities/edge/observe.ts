import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { EdgeDeps } from './deps.ts';
import type { CertificateKeep } from './keep.ts';
import { type CertificateFacts, type EdgeFacts, edgeConfig } from './plan.ts';
import * as store from './store.ts';

/** Everything the edge's configuration follows from, now. */
export async function observeEdge(
  deps: EdgeDeps,
  keep: CertificateKeep,
  challenges: EdgeFacts['challenges'],
): Promise<Outcome<EdgeFacts>> {
  const tasks = await deps.engine.tasks({ 'bastide.process': 'web' });
  if (isRefusal(tasks)) return tasks;
  const apps = await store.edgeApps(deps.db);
  const nodes = new Set(tasks.flatMap((task) => task.nodeId ?? []));
  const hosts = [...(deps.platform ? [deps.platform.host] : []), ...apps.flatMap((app) => app.hosts)];
  return {
    apps,
    tasks,
    addresses: Object.fromEntries(
      [...nodes].flatMap((id) => (deps.addressOf(id) ? [[id, deps.addressOf(id)!]] : [])),
    ),
    certificates: await keep.of(hosts),
    challenges,
    platform: deps.platform,
  };
}

/** The configuration that is wanted now. */
export async function wantedConfig(
  deps: EdgeDeps,
  keep: CertificateKeep,
  challenges: EdgeFacts['challenges'],
) {
  const facts = await observeEdge(deps, keep, challenges);
  return isRefusal(facts) ? facts : edgeConfig(facts);
}

/** What is known about the certificates of some hosts. */
export async function observeCertificates(
  deps: EdgeDeps,
  keep: CertificateKeep,
  hosts: readonly string[],
): Promise<CertificateFacts[]> {
  const present = new Set((await keep.of(hosts)).map((certificate) => certificate.name));
  return (await store.certificateRows(deps.db, hosts)).map((row) => ({
    host: row.host,
    issuer: row.issuer,
    notBefore: row.not_before.getTime(),
    notAfter: row.not_after.getTime(),
    lastError: row.last_error,
    triedAt: row.tried_at.getTime(),
    present: row.fingerprint !== '' && present.has(row.host),
  }));
}
