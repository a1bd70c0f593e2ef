import type { Perform } from '../../engine/capability.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { KeysDeps } from './deps.ts';
import { inputInvalid } from './errors.ts';
import { KeysStep } from './model.ts';
import { createProjectKey, destroyGeneration, followUp, newGeneration, reseal } from './perform/project.ts';
import { destroyRoot, newRoot, rewrap } from './perform/root.ts';
import * as store from './store.ts';

const done = async (work: Promise<unknown>): Promise<Outcome<void>> => {
  await work;
  return undefined;
};

/** Performs the steps of keys. */
export const performKeys =
  (deps: KeysDeps): Perform =>
  async (step, context) => {
    switch (step.kind) {
      case 'createProjectKey':
        return createProjectKey(deps, KeysStep.createProjectKey.parse(step.input).projectId);
      case 'newGeneration':
        return newGeneration(deps, KeysStep.newGeneration.parse(step.input).projectId, context);
      case 'markCompromised': {
        const { projectId, generation, reason } = KeysStep.markCompromised.parse(step.input);
        return done(store.markCompromised(deps.db, projectId, generation, reason));
      }
      case 'reseal':
        return reseal(deps, KeysStep.reseal.parse(step.input), context);
      case 'destroyGeneration':
        return destroyGeneration(deps, KeysStep.destroyGeneration.parse(step.input));
      case 'destroyProjectKey':
        return done(store.destroyProjectKey(deps.db, KeysStep.destroyProjectKey.parse(step.input).projectId));
      case 'followUp':
        return followUp(deps, KeysStep.followUp.parse(step.input).projectId, context);
      case 'newRoot':
        return newRoot(deps, KeysStep.newRoot.parse(step.input).add, context);
      case 'rewrap':
        return rewrap(deps, context);
      case 'markRootCompromised': {
        const { rootKeyId, reason } = KeysStep.markRootCompromised.parse(step.input);
        return done(store.markRootCompromised(deps.db, rootKeyId, reason));
      }
      case 'destroyRoot':
        return destroyRoot(deps, KeysStep.destroyRoot.parse(step.input).rootKeyId);
      default:
        return inputInvalid();
    }
  };
