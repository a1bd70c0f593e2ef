import type { Step } from '../../kernel/step.ts';
import type { BackupKind, BackupReason, Source } from './model.ts';

/** One thing to back up in one way. */
export interface Item {
  readonly source: Source;
  readonly kind: BackupKind;
  readonly name: string;
}

export interface RunFacts {
  readonly projectId: string | null;
  readonly items: readonly Item[];
  readonly reason: BackupReason;
  /** A vault has no open repository for the project yet, or its generation is over. */
  readonly repositoriesMissing: boolean;
  readonly repositories: readonly { readonly id: string; readonly vault: string }[];
  /** Keys of steps that ended well, and of those that failed, in this operation. */
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

const idOf = ({ source, kind }: Item): string => `${kind}:${source.id ?? source.type}`;

export const takeKey = (item: Item, repositoryId: string): string =>
  `backups.take:${idOf(item)}:${repositoryId}`;

const ENSURE = 'backups.ensureRepositories';

/**
 * Every item into every repository. One that failed does not keep the others from being taken: the plan of a failing
 * operation is what is left, without what failed.
 */
export function planRun(facts: RunFacts): readonly Step[] {
  const steps: Step[] = [];
  if (facts.repositoriesMissing && !facts.failed.has(ENSURE) && !facts.done.has(ENSURE))
    return [
      {
        capability: 'backups',
        kind: 'ensureRepositories',
        key: ENSURE,
        summary: 'Open a repository in each vault',
        input: { projectId: facts.projectId },
      },
    ];
  for (const item of facts.items) {
    for (const repository of facts.repositories) {
      const key = takeKey(item, repository.id);
      if (facts.done.has(key) || facts.failed.has(key)) continue;
      steps.push({
        capability: 'backups',
        kind: 'take',
        key,
        summary: `Back up ${item.name} (${item.kind}) to ${repository.vault}`,
        input: { source: item.source, kind: item.kind, reason: facts.reason, repositoryId: repository.id },
      });
    }
  }
  return steps;
}
