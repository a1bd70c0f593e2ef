import { z } from 'zod';
import { AccountName, PlaneRole, Scope } from '../access/model.ts';
import { OrganizationName, ProjectName } from '../organizations/model.ts';

/** Seconds that access may last. */
export const SECONDS = { least: 60, most: 8 * 3600, breakGlass: 3600 } as const;
/** Hours in which a request has to be decided; days after which a break-glass without review is overdue. */
export const WAITS = { hours: 24, reviewDays: 7 } as const;

export const Scopes = z
  .array(Scope)
  .min(1)
  .max(3)
  .meta({ description: 'What of the project: its logs, commands in it, its databases', example: ['logs'] });

/** What an operator asks for. Why is the reason of the request. */
export const AskAccess = z.strictObject({
  project: ProjectName,
  scopes: Scopes,
  seconds: z
    .int()
    .min(SECONDS.least)
    .max(SECONDS.most)
    .meta({ description: 'How long, once it is approved' }),
});
export const AskBreakGlass = AskAccess.extend({
  seconds: z
    .int()
    .min(SECONDS.least)
    .max(SECONDS.breakGlass)
    .meta({ description: 'How long, an hour at most' }),
});

export const GrantParam = z
  .uuid()
  .meta({ description: 'Id of the request, which is the id of the grant too' });

export const GrantState = z.enum(['waiting', 'live', 'declined', 'lapsed', 'ended']);
export type GrantState = z.infer<typeof GrantState>;

/** A request for staff access, and what became of it. */
export const StaffGrant = z.object({
  id: z.uuid(),
  organization: OrganizationName,
  project: ProjectName,
  kind: z.enum(['consent', 'break-glass']),
  scopes: Scopes,
  reason: z.string(),
  seconds: z.int(),
  state: GrantState,
  requestedBy: z.string(),
  requestedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().meta({ description: 'Until when it can be decided' }),
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  until: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  endReason: z.string().nullable(),
  review: z.string().nullable(),
  reviewedBy: z.string().nullable(),
});
export type StaffGrant = z.infer<typeof StaffGrant>;

/** One thing that was done under a grant. */
export const Deed = z.object({
  seq: z.int(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  outcome: z.string(),
  operationId: z.uuid().nullable(),
  what: z.string().nullable().meta({ description: 'What was asked for, where it was an operation' }),
});

export const StaffGrants = z.object({ grants: z.array(StaffGrant) });
export const GrantHistory = StaffGrant.extend({ deeds: z.array(Deed) });

export const Review = z.strictObject({
  finding: z
    .string()
    .min(10)
    .max(2000)
    .meta({ description: 'What the review found: whether it was needed, and kept to it' }),
});

/** Roles that staff are given; the prober enrols by itself. */
export const StaffRole = PlaneRole.exclude(['prober']);
export type StaffRole = z.infer<typeof StaffRole>;

export const StaffMember = z.object({
  account: AccountName,
  role: PlaneRole,
  since: z.iso.datetime(),
  secondFactor: z.boolean().meta({ description: 'A second factor is enrolled' }),
});

export const AddStaff = z.strictObject({ account: AccountName, role: StaffRole });
