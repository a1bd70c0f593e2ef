import { z } from 'zod';
import { given, type Input, type Option } from '../../../cli/command.ts';
import { usage } from '../../../cli/errors.ts';
import type { Io } from '../../../cli/io.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { staffAccessForInvalid } from '../errors.ts';
import { Scopes, type StaffGrant } from '../model.ts';
import { secondsOf } from '../plan.ts';

const Organizations = z.object({ organizations: z.array(z.object({ name: z.string() })) });

export const organizationOption: Option = {
  flags: '-o, --organization <name>',
  description: 'the organization, where you belong to several',
};
export const idArgument = { name: 'id', description: 'its id, from: bastide access:requests' };
export const EXAMPLE = '019a0000-0000-7000-8000-000000000000';

/** The organization that was named, or the only one. Asks `listOrganizations`. */
export async function organizationOf(io: Io, input: Input): Promise<Outcome<string>> {
  const named = given(input, 'organization');
  if (named !== undefined) return named;
  const list = await io.api.get('/v1/organizations', Organizations);
  if (isRefusal(list)) return list;
  const [only, second] = list.organizations;
  if (only && !second) return only.name;
  return usage(
    only ? 'You belong to several organizations' : 'You belong to no organization',
    'Name one with --organization.',
  );
}

/** What is asked for: `--project`, `--for` and `--scope`. */
export function wantedOf(input: Input, most: number) {
  const project = given(input, 'project');
  if (project === undefined) return usage('Which project?', 'Name it with --project.');
  const time = given(input, 'for') ?? '1h';
  const seconds = secondsOf(time, most);
  if (seconds === undefined) return staffAccessForInvalid(time);
  const scopes = Scopes.safeParse((given(input, 'scope') ?? 'logs').split(','));
  if (!scopes.success)
    return usage('That is no scope', 'Give --scope logs, run, database, or several by comma.');
  return { project, seconds, scopes: scopes.data };
}

export const short = (iso: string | null): string => iso?.slice(0, 16).replace('T', ' ') ?? '';

export const columns = {
  id: (g: StaffGrant) => g.id,
  project: (g: StaffGrant) => g.project,
  kind: (g: StaffGrant) => g.kind,
  scope: (g: StaffGrant) => g.scopes.join(', '),
  state: (g: StaffGrant) => (g.state === 'ended' && g.endReason ? `ended (${g.endReason})` : g.state),
  by: (g: StaffGrant) => g.requestedBy,
  'decided by': (g: StaffGrant) => g.decidedBy ?? '',
  until: (g: StaffGrant) => short(g.until),
  reason: (g: StaffGrant) => g.reason,
};
