import type { Perform } from '../../engine/capability.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { AppsDeps } from './deps.ts';
import { unknownAppsStep } from './errors.ts';
import { AppsStep } from './model.ts';
import { buildImage, pullImage } from './perform/image.ts';
import { showLogs } from './perform/logs.ts';
import { runOneOff, runPhase } from './perform/oneoff.ts';
import { createRelease } from './perform/release.ts';
import { reveal } from './perform/reveal.ts';
import { scale } from './perform/scale.ts';
import { lastWords, start } from './perform/services.ts';
import { runSession } from './perform/session.ts';
import { fetchSource } from './perform/source.ts';
import * as store from './store.ts';

const done = async (work: Promise<unknown>): Promise<Outcome<void>> => {
  await work;
  return undefined;
};

/** Performs the steps of apps; the closed list of what the agent does for an app. */
export function makeAppsPerform(deps: AppsDeps): Perform {
  return async (step, context) => {
    const { operation } = context;
    switch (step.kind) {
      case 'fetchSource':
        return fetchSource(deps, AppsStep.fetchSource.parse(step.input).buildId, context);
      case 'buildImage':
        return buildImage(deps, AppsStep.buildImage.parse(step.input).buildId, context);
      case 'createRelease':
        return createRelease(deps, AppsStep.createRelease.parse(step.input).appId, context);
      case 'pullImage':
        return pullImage(deps, AppsStep.pullImage.parse(step.input).releaseId);
      case 'runPhase':
        return runPhase(deps, AppsStep.runPhase.parse(step.input).releaseId, context);
      case 'start':
        return start(deps, AppsStep.start.parse(step.input), context);
      case 'scale':
        return scale(deps, AppsStep.scale.parse(step.input), context);
      case 'stop':
        return deps.engine.serviceRemove(AppsStep.stop.parse(step.input).service);
      case 'offer':
        return done(store.offer(deps.db, AppsStep.offer.parse(step.input).releaseId));
      case 'promote':
        return done(store.promote(deps.db, AppsStep.promote.parse(step.input).releaseId));
      case 'retire':
        return done(store.retire(deps.db, AppsStep.retire.parse(step.input).releaseId));
      case 'abandon': {
        const { releaseId } = AppsStep.abandon.parse(step.input);
        await store.keepLines(deps.db, releaseId, await lastWords(deps, releaseId));
        return done(store.abandon(deps.db, releaseId, operation.failure ?? {}));
      }
      case 'forget':
        return done(store.forget(deps.db, AppsStep.forget.parse(step.input).appId));
      case 'runOneOff':
        return runOneOff(deps, context);
      case 'runSession':
        return runSession(deps, context);
      case 'freeSlot':
        return done(store.freeSlot(deps.db, AppsStep.freeSlot.parse(step.input).appId));
      case 'reveal':
        return reveal(deps, context);
      case 'showLogs':
        return showLogs(deps, context);
      default:
        return unknownAppsStep(step.kind);
    }
  };
}
