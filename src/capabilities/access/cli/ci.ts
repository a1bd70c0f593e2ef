import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given } from '../../../cli/command.ts';
import { usage } from '../../../cli/errors.ts';
import { watch } from '../../../cli/io.ts';
import { projectOf, projectOption } from '../../../cli/project.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { ciTokenMissing } from '../errors/ci.ts';
import { CiToken, RuleView } from '../model/ci.ts';
import { Done } from './session.ts';

/** `name=value,name=value`. Refusals: `cli_usage`. */
function claimsOf(typed: string | undefined): Outcome<Record<string, string>> {
  const claims: Record<string, string> = {};
  for (const pair of typed === undefined ? [] : typed.split(',')) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined)
      return usage(`${pair} is no claim`, 'Write --claims repository_owner_id=1234,environment=production');
    claims[name] = value;
  }
  return claims;
}

/** CI jobs that deploy without a secret of ours: by the token that their own platform signs for each. */
export const ciCommands: readonly CommandRow[] = [
  {
    name: 'ci:trust',
    summary: 'CI jobs that may deploy in a project without a secret: whose tokens are trusted',
    options: [projectOption],
    examples: ['bastide ci:trust --project shop'],
    uses: ['listCiTrust', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const at = path`/v1/projects/${project}/ci-trust`;
      const all = await io.api.get(at, z.object({ audience: z.string(), rules: z.array(RuleView) }));
      if (isRefusal(all)) return all;
      io.print.table(all.rules, {
        id: (r) => r.id,
        name: (r) => r.name,
        issuer: (r) => r.issuer,
        audience: (r) => r.audience,
        claims: (r) =>
          Object.entries(r.claims)
            .map(([claim, value]) => `${claim}=${value}`)
            .join(' '),
        keys: (r) => r.failure ?? r.keys,
        expires: (r) => r.expiresAt.slice(0, 10),
        'last used': (r) => r.lastUsedAt?.slice(0, 16).replace('T', ' ') ?? null,
      });
    },
  },
  {
    name: 'ci:trust:add',
    summary: 'Let CI jobs deploy in a project: those whose tokens this issuer signs for this subject',
    args: [
      { name: 'name', description: 'what the rule is for' },
      { name: 'issuer', description: 'who signs, for example https://token.actions.githubusercontent.com' },
      {
        name: 'subject',
        description: 'the claim sub; * stands for what is inside of a part, never for : or /',
      },
    ],
    options: [
      projectOption,
      {
        flags: '--claims <claims>',
        description: 'what other claims have to be, by comma: name=value,name=value',
      },
      { flags: '--days <days>', description: 'days until it ends, 365 at most', default: '90' },
    ],
    examples: [
      'bastide ci:trust:add main https://token.actions.githubusercontent.com repo:acme/shop:ref:refs/heads/main --project shop',
      'bastide ci:trust:add tags https://gitlab.com project_path:acme/shop:ref_type:tag:ref:v* --claims namespace_id=72 --project shop',
    ],
    uses: ['addCiTrust', 'followOperation', 'listProjects'],
    async run(io, input) {
      const claims = claimsOf(given(input, 'claims'));
      if (isRefusal(claims)) return claims;
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const { name, issuer, subject } = input.args;
      const body = { name, issuer, subject, claims, days: Number(given(input, 'days')) };
      const at = path`/v1/projects/${project}/ci-trust`;
      const done = await watch(io, await io.api.send('POST', at, body, Accepted));
      return isRefusal(done) ? done : undefined;
    },
  },
  {
    name: 'ci:trust:remove',
    summary: 'Trust these CI jobs no longer; what was given to them ends at once',
    args: [{ name: 'id', description: 'id of the rule, from: bastide ci:trust' }],
    options: [projectOption],
    examples: ['bastide ci:trust:remove 019a0000-0000-7000-8000-000000000000 --project shop'],
    uses: ['removeCiTrust', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const at = path`/v1/projects/${project}/ci-trust/${input.args.id!}`;
      const done = await io.api.send('DELETE', at, undefined, Done);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Removed.');
    },
  },
  {
    name: 'ci:token',
    summary:
      'In a CI job: exchange its own token, from standard input, for a deploy token of fifteen minutes',
    options: [{ flags: '-p, --project <project>', description: 'the project' }],
    examples: ['bastide ci:token --project shop < job-token.txt'],
    uses: ['exchangeCiToken'],
    async run(io, input) {
      const project = given(input, 'project');
      if (project === undefined) return usage('No project was named', 'Name it with --project.');
      const token = (await text(io.stdin)).trim();
      if (token === '') return ciTokenMissing();
      const made = await io.api.send('POST', '/v1/ci/token', { project, token }, CiToken);
      if (isRefusal(made)) return made;
      io.print.done(made, made.token);
    },
  },
];
