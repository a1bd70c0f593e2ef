import type { Perform } from '../../engine/capability.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { BackupsDeps } from './deps.ts';
import { unknownBackupsStep } from './errors.ts';
import { BackupsStep } from './model.ts';
import { adoptProject } from './perform/adopt.ts';
import { checkRepository } from './perform/check.ts';
import { writeDownload } from './perform/download.ts';
import { fillLatest } from './perform/latest.ts';
import { putList } from './perform/list.ts';
import { prove } from './perform/prove.ts';
import { ensureRepositories } from './perform/repositories.ts';
import { fill, swap, takeBack } from './perform/restore.ts';
import { restoreVolume } from './perform/restore-volume.ts';
import { take } from './perform/take.ts';
import * as store from './store.ts';

async function ensure(deps: BackupsDeps, input: unknown): Promise<Outcome<void>> {
  const { projectId, after } = BackupsStep.ensureRepositories.parse(input);
  return ensureRepositories(deps, projectId, after === undefined ? undefined : new Date(after));
}

/** Performs the steps of backups; the closed list of what the agent does for them. */
export function makeBackupsPerform(deps: BackupsDeps): Perform {
  return async (step, context) => {
    switch (step.kind) {
      case 'ensureRepositories':
        return ensure(deps, step.input);
      case 'take':
        return take(deps, BackupsStep.take.parse(step.input), context);
      case 'checkRepository':
        return checkRepository(deps, BackupsStep.checkRepository.parse(step.input), context);
      case 'prove':
        return prove(deps, BackupsStep.prove.parse(step.input).backupId, context);
      case 'fill':
        return fill(deps, BackupsStep.fill.parse(step.input), context);
      case 'fillLatest':
        return fillLatest(deps, BackupsStep.fillLatest.parse(step.input), context);
      case 'putList':
        return putList(deps, BackupsStep.putList.parse(step.input).repositoryId, context);
      case 'adopt':
        return adoptProject(deps, BackupsStep.adopt.parse(step.input).projectId, context);
      case 'swap':
        return swap(deps, BackupsStep.swap.parse(step.input));
      case 'takeBack':
        return takeBack(deps, BackupsStep.takeBack.parse(step.input));
      case 'restoreVolume':
        return restoreVolume(deps, BackupsStep.restoreVolume.parse(step.input), context);
      case 'writeDownload':
        return writeDownload(deps, BackupsStep.writeDownload.parse(step.input).downloadId, context);
      case 'giveDownloadUp':
        await store.downloadFailed(deps.db, BackupsStep.giveDownloadUp.parse(step.input).downloadId);
        return undefined;
      default:
        return unknownBackupsStep(step.kind);
    }
  };
}
