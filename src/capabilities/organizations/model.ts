import { z } from 'zod';

const name = () =>
  z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/,
      'a name is 3 to 40 lower-case letters, digits and dashes; it begins with a letter and does not end with a dash',
    );

export const OrganizationName = name().meta({
  description: 'Lower-case letters, digits and dashes, 3 to 40',
  example: 'acme',
});
export const ProjectName = name().meta({
  description: 'Lower-case letters, digits and dashes, 3 to 40; unique on the platform',
  example: 'shop',
});

export const Organization = z.object({
  name: OrganizationName,
  projects: z.int().meta({ description: 'How many projects it has' }),
  createdAt: z.iso.datetime(),
});

export const Project = z.object({
  name: ProjectName,
  organization: OrganizationName,
  ready: z.boolean().meta({ description: 'Its encryption key is made, so that config vars can be sealed' }),
  requestLimit: z.int().meta({ description: 'Requests in ten seconds at the edge, for the whole project' }),
  apps: z.int().meta({ description: 'How many apps it has' }),
  createdAt: z.iso.datetime(),
});
