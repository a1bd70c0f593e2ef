import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { usage } from '../../cli/errors.ts';
import type { Io } from '../../cli/io.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { parseLimit, Quota, QuotaName, shownLimit } from './model.ts';

const Quotas = z.object({ organization: z.string(), quotas: z.array(Quota) });
const Every = z.object({ organizations: z.array(Quotas) });
const Own = z.object({ organizations: z.array(z.object({ name: z.string() })) });

const columns = {
  name: (one: Quota) => one.name,
  use: (one: Quota) => shownLimit(one.name, one.use),
  most: (one: Quota) => shownLimit(one.name, one.most),
  by: (one: Quota) => (one.set ? 'operator' : 'default'),
};

/** The one organization there is, where none was named. */
async function organizationOf(io: Io, named: string | undefined): Promise<Outcome<string>> {
  if (named !== undefined) return named;
  const list = await io.api.get('/v1/organizations', Own);
  if (isRefusal(list)) return list;
  const [only, second] = list.organizations;
  return only && !second
    ? only.name
    : usage('It is not clear which organization is meant', 'Name one with --organization.');
}

/** Door 2. */
export const commands: readonly CommandRow[] = [
  {
    name: 'quotas',
    summary: 'What your organization has, and what it may have at most',
    options: [
      { flags: '-o, --organization <name>', description: 'the organization, where you belong to several' },
    ],
    examples: ['bastide quotas', 'bastide quotas --organization acme'],
    uses: ['listQuotas', 'listOrganizations'],
    async run(io, input) {
      const organization = await organizationOf(io, given(input, 'organization'));
      if (isRefusal(organization)) return organization;
      const found = await io.api.get(path`/v1/organizations/${organization}/quotas`, Quotas);
      if (isRefusal(found)) return found;
      io.print.table(found.quotas, columns);
    },
  },
  {
    name: 'quotas:all',
    summary: 'What every organization has, and what it may have at most; for operators',
    examples: ['bastide quotas:all'],
    uses: ['listAllQuotas'],
    async run(io) {
      const found = await io.api.get('/v1/platform/quotas', Every);
      if (isRefusal(found)) return found;
      const rows = found.organizations.flatMap(({ organization, quotas }) =>
        quotas.map((one) => ({ organization, ...one })),
      );
      io.print.table(rows, { organization: (one) => one.organization, ...columns });
    },
  },
  {
    name: 'quotas:set',
    summary: 'Say what an organization may have at most; for operators',
    args: [
      { name: 'organization', description: 'name of the organization' },
      {
        name: 'limits',
        description: `NAME=VALUE of ${QuotaName.options.join(', ')}; sizes with MiB, GiB or TiB; default: as before`,
        rest: true,
      },
    ],
    examples: ['bastide quotas:set acme apps=20 storage=200GiB', 'bastide quotas:set acme memory=default'],
    uses: ['setQuotas'],
    async run(io, input) {
      const limits: Partial<Record<QuotaName, number | null>> = {};
      for (const text of input.rest) {
        const [left = '', right = ''] = text.split('=', 2);
        const name = QuotaName.safeParse(left).data;
        const most = name && parseLimit(name, right);
        if (name === undefined || most === undefined)
          return usage(`${text} is no quota`, 'For example: apps=20 storage=200GiB memory=default');
        limits[name] = most;
      }
      const organization = input.args.organization!;
      const set = await io.api.send('PATCH', path`/v1/platform/quotas/${organization}`, { limits }, Quotas);
      if (isRefusal(set)) return set;
      io.print.table(set.quotas, columns);
    },
  },
];
