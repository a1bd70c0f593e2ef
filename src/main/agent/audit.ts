import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { loadNoteSigner } from '../../adapters/signer/notes.ts';
import { makeSyslog } from '../../adapters/syslog/client.ts';
import { syslogCertificateMissing } from '../../adapters/syslog/errors.ts';
import { fileWitness } from '../../adapters/witness/file.ts';
import { httpWitness } from '../../adapters/witness/http.ts';
import type { Witness } from '../../adapters/witness/port.ts';
import type { AuditDeps, Forwarder } from '../../capabilities/audit/deps.ts';
import type { AuditSettings } from '../../capabilities/audit/model/settings.ts';
import { dropOutlets, noteKey } from '../../capabilities/audit/store/keeping.ts';
import { platformHost, type Settings } from '../../capabilities/nodes/system/settings.ts';
import type { Database } from '../../db/schema.ts';
import { verifierKey } from '../../kernel/note.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { paths } from '../paths.ts';

/** The witness that there always is: outside of the database, below what only root reads. */
const OWN = 'host';

async function witnessOf(settings: AuditSettings['witnesses'][number]): Promise<Witness> {
  if ('file' in settings) return fileWitness(settings.name, settings.file);
  const ca = settings.caFile === undefined ? undefined : await readFile(settings.caFile, 'utf8');
  return httpWitness(settings.name, settings.url, ca);
}

const forwarder = (host: string): Forwarder => ({
  syslog: makeSyslog(),
  host,
  async clientFor(name) {
    const file = join(paths.auditForward, name);
    try {
      const [certificate, key] = await Promise.all(
        ['crt', 'key'].map((kind) => readFile(`${file}.${kind}`, 'utf8')),
      );
      return { certificate: certificate!, key: new Secret(key!) };
    } catch {
      return syslogCertificateMissing(name, paths.auditForward);
    }
  },
});

/** What keeps the audit log on this node. Refusals: `signer_key_unreadable`. */
export async function auditDeps(parts: {
  readonly db: Kysely<Database>;
  readonly settings: Settings;
}): Promise<Outcome<AuditDeps>> {
  const { db, settings } = parts;
  const signer = await loadNoteSigner(
    `${platformHost(settings)}/audit`,
    join(paths.secrets, 'audit-log.key'),
  );
  if (isRefusal(signer)) return signer;
  await noteKey(db, verifierKey(signer.key));
  const witnesses = [
    fileWitness(OWN, paths.auditWitness),
    ...(await Promise.all((settings.audit?.witnesses ?? []).map(witnessOf))),
  ];
  await dropOutlets(
    db,
    'witness',
    witnesses.map(({ name }) => name),
  );
  return {
    ...{ db, signer, witnesses, now: () => new Date() },
    forwarder: forwarder(platformHost(settings)),
  };
}
