import type { Perform, StepContext } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { EdgeDeps } from './deps.ts';
import { edgeStepUnknown } from './errors.ts';
import { certificateKeep } from './keep.ts';
import { EdgeStep } from './model.ts';
import { certify } from './perform/certify.ts';
import { lookForProofs, prove } from './perform/prove.ts';
import { makeSync } from './perform/sync.ts';
import { awaitDrained, awaitHealthy } from './perform/wait.ts';
import * as store from './store.ts';

/** Milliseconds between two looks at the engine and the store: while something happens there, and while nothing does. */
const QUICK = 400;
const IDLE = 5_000;
const RENEW_EVERY = 60_000;

export interface EdgeWorker {
  readonly perform: Perform;
  /** Brings the edge to what is wanted now. */
  sync(): Promise<Outcome<void>>;
  /** Keeps the edge right while tasks and routes come and go, until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>;
  /** Gives every host the certificate it needs and forgets those of hosts that are gone. */
  renew(): Promise<Outcome<{ issued: number }>>;
  /** `renew` now, and then once a minute, until the signal aborts; and looks for the records that claimed names wait for. */
  keepCertificates(signal: AbortSignal): Promise<void>;
}

/** The edge's half of the agent. One per node: its parts share the challenges and the order of changes. */
export function makeEdgeWorker(deps: EdgeDeps): EdgeWorker {
  const keep = certificateKeep(deps.certificates);
  const challenges = new Map<string, string>();
  const sync = makeSync(deps, keep, challenges);
  const certifier = { deps, keep, sync, challenges };

  const only = async (work: Promise<Outcome<unknown>>): Promise<Outcome<void>> => {
    const result = await work;
    return isRefusal(result) ? result : undefined;
  };

  async function perform(step: Parameters<Perform>[0], context: StepContext): Promise<Outcome<void>> {
    switch (step.kind) {
      case 'sync':
        return only(sync.sync());
      case 'awaitHealthy':
        return awaitHealthy(deps, sync, EdgeStep.awaitHealthy.parse(step.input), context);
      case 'awaitDrained':
        return awaitDrained(deps, sync, EdgeStep.awaitDrained.parse(step.input), context);
      case 'certificates': {
        const { appId } = EdgeStep.certificates.parse(step.input);
        return only(certify(certifier, await store.hostsOf(deps.db, appId), context.log));
      }
      case 'prove': {
        const { appId, host } = EdgeStep.prove.parse(step.input);
        return prove(deps, appId, host);
      }
      default:
        return edgeStepUnknown(step.kind);
    }
  }

  async function renew(): Promise<Outcome<{ issued: number }>> {
    const own = deps.platform ? [deps.platform.host] : [];
    const hosts = async () => [...own, ...(await store.hostsOf(deps.db))];
    const done = await certify(certifier, await hosts(), deps.log);
    if (isRefusal(done)) return done;
    await store.forgetCertificates(deps.db, own);
    await keep.only(hosts);
    return done;
  }

  async function renewAndLook() {
    await lookForProofs(deps);
    return renew();
  }

  /** What nobody rang for may have more behind it. */
  async function look(): Promise<Outcome<boolean>> {
    const changed = await sync.follow();
    if (changed === true) deps.watch.ring();
    return changed;
  }

  /** Runs `work` again and again; what goes wrong is logged once, not once a round. */
  async function repeat(
    signal: AbortSignal,
    work: () => Promise<Outcome<unknown>>,
    pause: () => Promise<void>,
  ): Promise<void> {
    let said = '';
    while (!signal.aborted) {
      const result = await work().catch((error: Error) => error);
      const problem = isRefusal(result)
        ? `${result.code}: ${result.message}`
        : result instanceof Error
          ? result.message
          : '';
      if (problem !== said)
        deps.log(problem === '' ? 'the edge is followed again' : `the edge is not followed: ${problem}`);
      said = problem;
      await pause();
    }
  }

  return {
    perform,
    sync: () => only(sync.sync()),
    follow: (signal) => repeat(signal, look, () => deps.watch.pause(QUICK, IDLE, signal)),
    renew,
    keepCertificates: (signal) => repeat(signal, renewAndLook, () => sleep(RENEW_EVERY, signal)),
  };
}
