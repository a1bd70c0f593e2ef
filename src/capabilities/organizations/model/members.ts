import { z } from 'zod';
import { OrganizationName, ProjectName } from '../model.ts';

/** Days in which an invitation has to be accepted, unless told, and at most. */
export const INVITATION_DAYS = { default: 7, most: 30 } as const;
/** Days in which the other organization has to take a project in. */
export const MOVE_DAYS = 7;

export const MemberRole = z
  .enum(['owner', 'admin', 'developer', 'viewer', 'auditor'])
  .meta({ description: 'What somebody is in the organization', example: 'developer' });

export const Member = z.object({
  name: z.string(),
  email: z.string().nullable(),
  role: MemberRole,
  secondFactor: z.boolean().meta({ description: 'A second factor is enrolled' }),
});

export const Invitation = z.object({
  id: z.uuid(),
  email: z.string(),
  role: MemberRole,
  invitedBy: z.string(),
  expiresAt: z.iso.datetime(),
});

export const NewInvitation = z.object({
  id: z.uuid(),
  invitation: z.string().meta({ description: 'To hand over; shown this one time only' }),
  email: z.string(),
  role: MemberRole,
  expiresAt: z.iso.datetime(),
});

export const ProjectMove = z.object({
  id: z.uuid(),
  project: ProjectName,
  from: OrganizationName,
  to: OrganizationName,
  requestedBy: z.string(),
  expiresAt: z.iso.datetime(),
});
