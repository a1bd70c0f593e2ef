import { z } from 'zod';
import type { Option } from '../../../cli/command.ts';
import { usage } from '../../../cli/errors.ts';
import type { Io } from '../../../cli/io.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { Organization } from '../model.ts';

export const Organizations = z.object({ organizations: z.array(Organization) });

/** The one organization there is, where none was named. */
export async function organizationOf(io: Io, named: string | undefined): Promise<Outcome<string>> {
  if (named !== undefined) return named;
  const list = await io.api.get('/v1/organizations', Organizations);
  if (isRefusal(list)) return list;
  const [only, second] = list.organizations;
  if (only && !second) return only.name;
  return only
    ? usage('You belong to several organizations', 'Name one with --organization.')
    : usage('You belong to no organization', 'Create one with: bastide organizations:create');
}

export const organizationOption: Option = {
  flags: '-o, --organization <name>',
  description: 'the organization, where you belong to several',
};
