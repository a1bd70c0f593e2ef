import { z } from 'zod';
import { type PublicContext, publicRoute, type Row, route } from '../../../api/route.ts';
import { Accepted } from '../../../kernel/operation.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { claimedIssuer, judged, tokenKey } from '../ci.ts';
import { ciKeysMissing, ciRuleNotFound, ciRulesFull, ciRuleUnbounded, ciTokenRefused } from '../errors/ci.ts';
import { AddRule, bounded, CI_AGE, CiToken, claimsFit, ExchangeInput, RULES, RuleView } from '../model/ci.ts';
import * as store from '../store/ci.ts';
import { type AccessSettings, ok, place } from './common.ts';

const project = z.string().max(40).meta({ description: 'Name of the project' });
const params = z.strictObject({ project });

/** What tokens have to be for: this platform and nobody else. */
const audienceOf = (settings: AccessSettings): string => place(settings).origin;

const rules = (settings: AccessSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/projects/:project/ci-trust',
    operationId: 'listCiTrust',
    permission: { action: 'deploy-tokens:read', resource: 'project' },
    summary: 'CI jobs that may deploy in a project without a secret: whose tokens are trusted',
    params,
    response: z.object({ audience: z.string(), rules: z.array(RuleView) }),
    handler: async (ctx) => ({
      audience: audienceOf(settings),
      rules: (await store.listRules(ctx.db, ctx.scope.projectId, ctx.now)).map((row) => ({
        id: row.id,
        name: row.name,
        issuer: row.issuer,
        audience: audienceOf(settings),
        claims: row.claims ?? {},
        keys: row.fetched_at === null ? ('missing' as const) : ('ready' as const),
        failure: row.failure,
        createdBy: row.created_by,
        createdAt: row.created_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/ci-trust',
    operationId: 'addCiTrust',
    permission: { action: 'deploy-tokens:manage', resource: 'project', stepUp: true },
    summary: 'Let CI jobs deploy in a project: those whose tokens are signed by this issuer for this subject',
    params,
    body: AddRule,
    response: Accepted,
    status: 202,
    handler: async (ctx, { body: { name, issuer, subject, claims, days } }) => {
      if (!bounded(subject)) return ciRuleUnbounded();
      const { organizationId, projectId } = ctx.scope;
      const added = await store.addRule(ctx.db, {
        ...{ organizationId, projectId, name, issuer, days },
        ...{ claims: { ...claims, sub: subject }, by: ctx.actor.name, now: ctx.now },
      });
      if (added === undefined) return ciRulesFull(RULES);
      return ctx.submit({ kind: 'access.fetch-keys', target: `ci:${issuer}`, input: { issuer } });
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/ci-trust/:rule',
    operationId: 'removeCiTrust',
    permission: { action: 'deploy-tokens:manage', resource: 'project' },
    summary: 'Trust these CI jobs no longer; what was given to them ends at once',
    params: z.strictObject({ project, rule: z.uuid().meta({ description: 'Id of the rule' }) }),
    response: z.object({ ok: z.literal(true) }),
    handler: async (ctx, { params: { rule } }) =>
      (await store.endRule(ctx.db, ctx.scope.projectId, rule, ctx.now)) ? ok : ciRuleNotFound(),
  }),
];

type Exchange = z.output<typeof ExchangeInput>;

/** One answer for whatever was wrong; what it was is written down for the project's own people, where it has rules. */
async function exchange(
  ctx: PublicContext,
  audience: string,
  { project: name, token }: Exchange,
): Promise<Outcome<z.input<typeof CiToken>>> {
  const { now } = ctx;
  const issuer = claimedIssuer(token);
  if (issuer === undefined) return ciTokenRefused();
  return ctx.operator(async (db) => {
    const found = await store.rulesFor(db, name, issuer, now);
    const [first] = found;
    if (!first) return ciTokenRefused();
    const note = (rule: store.Rule | undefined, detail: Readonly<Record<string, unknown>>) =>
      store.recordExchange(db, { rule, organizationId: first.organization_id, project: name }, ctx, {
        issuer,
        ...detail,
      });
    const keys = await store.keysOf(db, issuer, now);
    const said = keys ? await judged(token, keys, { issuer, audience, now }) : { wrong: 'key' as const };
    if ('wrong' in said) {
      // Nothing of it was verified: anybody can write such a token, so it makes no line in the customer's log.
      if (said.wrong === 'key') {
        await store.wantKeys(db, issuer, now);
        return ciKeysMissing(issuer);
      }
      await note(undefined, { wrong: said.wrong });
      return ciTokenRefused();
    }
    const { claims } = said;
    const rule = found.find((one) => one.claims !== null && claimsFit(one.claims, claims));
    if (!rule) {
      await note(undefined, { wrong: 'claims', subject: claims.sub });
      return ciTokenRefused();
    }
    // Longer than it could be exchanged again, whatever its issuer says of its end.
    const until = new Date(now.getTime() + 2 * CI_AGE * 1000);
    if (!(await store.spendToken(db, tokenKey(issuer, token, claims.jti), until, now))) {
      await note(undefined, { wrong: 'used before', subject: claims.sub });
      return ciTokenRefused();
    }
    const made = await store.createCiToken(db, rule, now);
    if (!made) return ciTokenRefused();
    await note(rule, { rule: rule.name, subject: claims.sub, token: made.id });
    return { token: made.token.reveal(), id: made.id, expiresAt: made.expiresAt.toISOString() };
  });
}

/** OIDC federation for CI runners: no secret of ours lies at the CI platform. */
export const ciRoutes = (settings: AccessSettings): Row[] => [
  ...rules(settings),
  publicRoute({
    method: 'POST',
    path: '/v1/ci/token',
    operationId: 'exchangeCiToken',
    permission: 'public',
    summary: 'Exchange the token that a CI platform signed for a job for a deploy token of fifteen minutes',
    body: ExchangeInput,
    guesses: { door: 'ci', wrong: ['ci_token_refused', 'ci_keys_missing'] },
    response: CiToken,
    status: 201,
    handler: (ctx, { body }) => exchange(ctx, audienceOf(settings), body),
  }),
];
