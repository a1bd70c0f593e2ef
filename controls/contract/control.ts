import type { Judgement } from './judging.ts';
import type { Tools } from './tools.ts';

/**
 * A control: an attack or measurement that tries to prove one sentence of ours false while the platform runs.
 * It imports this contract and nothing else of ours, so that it shares no mistake with what it attacks.
 */
export interface Control<Arranged = unknown> {
  /** Equals its path below controls/, for example `data/canary-hunt`. */
  readonly id: string;
  /** Claims that it serves, ids of controls/claims.ts. */
  readonly claims: readonly [string, ...string[]];
  /** The sentence that it tries to prove false. */
  readonly sentence: string;
  /** `anytime`: on a schedule, beside customers. `drill`: asked for by name only, because it disturbs or takes long. */
  readonly when: 'anytime' | 'drill';
  /** Hours between two scheduled runs; twice that without a verdict is overdue. Drills nag by it and run when asked. */
  readonly everyHours: number;
  /** Where the prober has to stand: `outside` is another machine, across the internet's side of the platform. */
  readonly position: 'anywhere' | 'outside';
  /** Makes what the attack needs; what it answers is given to attack and restore. */
  arrange(tools: Tools): Promise<Arranged>;
  /** Tries. Answers what was seen, as JSON without secrets: the world that the judge judges and the evidence keeps. */
  attack(tools: Tools, arranged: Arranged): Promise<unknown>;
  /** PURE. Takes whatever the attack brought home; what it cannot read it calls inconclusive. */
  judge(world: unknown): Judgement;
  /** Puts everything back; runs also when the attack threw. */
  restore(tools: Tools, arranged: Arranged): Promise<void>;
}

/** Says that a record is a control, with the type of what it arranges forgotten. */
export const control = <Arranged>(record: Control<Arranged>): Control => record as Control;
