import { z } from 'zod';
import { Signed } from '../../../controls/contract/evidence.ts';
import { VERDICTS } from '../../../controls/contract/judging.ts';

export const Verdict = z.enum(VERDICTS);
export type Verdict = z.infer<typeof Verdict>;

/** Area and name: the path below controls/. */
export const ControlId = z
  .string()
  .max(80)
  .regex(/^[a-z]+\/[a-z][a-z0-9-]*$/)
  .meta({ description: 'Id of a control: its path below controls/', example: 'data/canary-hunt' });
const ControlArea = z
  .string()
  .max(40)
  .regex(/^[a-z]+$/)
  .meta({ description: 'Area of controls', example: 'data' });
const ClaimId = z
  .string()
  .regex(/^[A-Z]{3}-\d{1,2}$/)
  .meta({ description: 'Id of a claim', example: 'DAT-3' });

/** What a prober says of itself when it starts: everything it can try. */
export const CatalogueEntry = z.strictObject({
  id: ControlId,
  claims: z.array(ClaimId).min(1).max(10),
  sentence: z.string().min(10).max(500).meta({ description: 'The sentence that it tries to prove false' }),
  when: z.enum(['anytime', 'drill']),
  everyHours: z.int().min(1).max(8784).meta({ description: 'Hours between two runs' }),
  position: z.enum(['anywhere', 'outside']),
});
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;
export const Catalogue = z.strictObject({ controls: z.array(CatalogueEntry).min(1).max(500) });

/** `due`: never run. `overdue`: twice the time has gone by without a verdict. */
export const Freshness = z.enum(['fresh', 'due', 'overdue']);
export type Freshness = z.infer<typeof Freshness>;

/** One control and how it last went. */
export const ControlView = z.object({
  id: ControlId,
  claims: z.array(z.string()),
  sentence: z.string(),
  when: z.enum(['anytime', 'drill']),
  everyHours: z.int(),
  position: z.enum(['anywhere', 'outside']),
  verdict: Verdict.nullable().meta({ description: 'The newest; null where it never ran' }),
  reason: z.string().nullable(),
  at: z.iso.datetime().nullable(),
  freshness: Freshness,
});
export type ControlView = z.infer<typeof ControlView>;

/** One line of a control's history. */
export const EvidenceView = z.object({
  prober: z.string(),
  seq: z.int(),
  digest: z.string(),
  verdict: Verdict,
  reason: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  world: z.unknown().meta({ description: 'What was seen; for operators only' }),
});
export type EvidenceView = z.infer<typeof EvidenceView>;

/** Which controls are meant: one, an area, those of a claim, or all that may run at any time. */
export const Selection = z.strictObject({
  control: ControlId.optional(),
  area: ControlArea.optional(),
  claim: ClaimId.optional(),
  drills: z.boolean().default(false).meta({ description: 'With those that disturb' }),
});
export type Selection = z.infer<typeof Selection>;

/** What came of a run that somebody asked for. */
export const RunOutcome = z.object({
  control: ControlId,
  verdict: Verdict.nullable(),
  reason: z.string().nullable(),
});
export type RunOutcome = z.infer<typeof RunOutcome>;

const Position = z.enum(['inside', 'outside']);

/** A prober makes itself known: its one-time token and the public half of its key. */
export const Enrol = z.strictObject({
  token: z.string().max(200).meta({ description: 'One-time token of controls:enrol' }),
  publicKey: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9+/]+={0,2}$/)
    .meta({ description: 'Ed25519, SPKI, DER, base64' }),
});

/** What it is let in with: its own token, and one as the owner of each of the two canary organizations. */
export const Enrolled = z.object({
  prober: z.string(),
  position: Position,
  tokens: z.object({ prober: z.string(), a: z.string(), b: z.string() }),
});

export const NewEnrolment = z.strictObject({ position: Position.default('outside') });
export const Enrolment = z.object({ token: z.string(), position: Position, expiresAt: z.iso.datetime() });

export const Submission = z.strictObject({
  entry: Signed,
  run: z.uuid().optional().meta({ description: 'The run that it answers' }),
});

/** The organizations of the canary projects; no customer can be meant by a raw look. */
export const CANARY_ORGANIZATIONS = { a: 'bastide-canary-a', b: 'bastide-canary-b' } as const;

/** Ids of canary projects, as the API resolved them. */
const Canaries = z.strictObject({ a: z.uuid(), b: z.uuid() });

/** Two hexadecimal texts that are one only together: the canary string must not lie in the database that is searched. */
export const Masked = z.strictObject({
  mask: z.string().regex(/^[0-9a-f]{64}$/),
  masked: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Raw looks by the agent, a closed list. Each answers counts, ages and codes, never a verdict and never a secret. */
export const Look = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('search'), token: Masked }),
  z.strictObject({ kind: z.literal('vault-tamper') }),
  z.strictObject({ kind: z.literal('vault-keys') }),
  z.strictObject({ kind: z.literal('staff-access') }),
  z.strictObject({ kind: z.literal('credentials') }),
  z.strictObject({ kind: z.literal('ssh') }),
]);
export type Look = z.infer<typeof Look>;

/** The input of operation `controls.observe`, and of its one step. */
export const ObserveInput = z.strictObject({ look: Look, projects: Canaries });
export type ObserveInput = z.infer<typeof ObserveInput>;

/** One place that was searched. */
export const SearchedPlace = z.object({
  place: z.string().meta({ example: 'project-image' }),
  /** Bytes that were read. */
  bytes: z.int(),
  hits: z.int(),
  /** Why it could not be read, in part or whole. */
  unread: z.string().nullable(),
});
export type SearchedPlace = z.infer<typeof SearchedPlace>;
