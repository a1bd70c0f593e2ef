import type { Inventory } from './model.ts';

export interface CertificateFacts {
  readonly erasureId: string;
  readonly platform: string;
  readonly organizationId: string;
  readonly project: { readonly id: string; readonly name: string };
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly beganAt: string;
  readonly finishedAt: string;
  readonly inventory: Inventory;
  /** Root keys that wrapped the project's key; they are replaced and destroyed. */
  readonly rootKeyIds: readonly string[];
  /** The day on which they are destroyed at the latest. */
  readonly rootKeysDestroyedBy: string;
}

/** What the certificate says: what was removed, how backups became unreadable, and what is kept on purpose. Pure. */
export function certificateOf(facts: CertificateFacts): string {
  const { inventory, project } = facts;
  return JSON.stringify(
    {
      type: 'bastide certificate of erasure',
      version: 1,
      id: facts.erasureId,
      platform: facts.platform,
      organization: facts.organizationId,
      project,
      requestedBy: facts.requestedBy,
      requestedAt: facts.requestedAt,
      beganAt: facts.beganAt,
      finishedAt: facts.finishedAt,
      removed: {
        apps: inventory.apps,
        releases: inventory.releases,
        configVars: inventory.configVars,
        databases: inventory.databases,
        volumes: inventory.volumes,
        builds: inventory.builds,
        uploads: inventory.uploads,
        exports: inventory.exports,
        imageRepositories: inventory.images,
        encryptedStorage: 'image file and key',
      },
      keysDestroyed: inventory.keys,
      backups: {
        snapshots: inventory.backups,
        repositories: inventory.repositories,
        means:
          "Crypto-erasure. A vault takes no deletions, so the encrypted files stay until its retention ends. Their passwords were sealed to the project's key, which is destroyed: nothing opens them.",
        wrappedCopies: {
          rootKeys: facts.rootKeyIds,
          destroyedBy: facts.rootKeysDestroyedBy,
          means:
            "Backups of the platform's own database hold the project's key, encrypted with these root keys. They are replaced now and destroyed by that day. Recovery kits made before must be destroyed by those who hold them.",
        },
      },
      platformBackups:
        "Backups of the platform itself that were made before hold the project's records and images until their retention in the vault ends; they open with the platform's own recovery key only.",
      kept:
        'The audit log (who did what and when, no content), and this certificate. Config vars may lie in free pages of the ' +
        'engine’s own database until those are written over, encrypted at rest; values that open anything elsewhere are to be changed there.',
    },
    undefined,
    2,
  );
}
