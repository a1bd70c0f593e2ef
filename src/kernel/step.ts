/**
 * One thing to do, as data. A plan emits steps; engine/run.ts records each before it is performed.
 * `capability` says whose perform.ts does it, which may be another capability's than the plan's.
 */
export interface Step {
  readonly capability: string;
  readonly kind: string;
  /** What tells this step from the others of its plan; the same work has the same key in every run. */
  readonly key: string;
  /** For people: what happens, in the present tense. */
  readonly summary: string;
  readonly input: unknown;
}

/** PURE. A step with the usual key: whose, what, and on what. */
export const step = (
  capability: string,
  kind: string,
  key: string,
  summary: string,
  input: unknown,
): Step => ({ capability, kind, key: `${capability}.${kind}:${key}`, summary, input });

/** PURE. The same for a plan whose steps are one capability's. */
export const stepsOf =
  (capability: string) =>
  (kind: string, key: string, summary: string, input: unknown): Step =>
    step(capability, kind, key, summary, input);
