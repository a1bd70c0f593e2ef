import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { digestOf, Evidence, faultOf, keyId } from '../../../../controls/contract/evidence.ts';
import { type Context, publicRoute, type Row, route } from '../../../api/route.ts';
import { Failure, OperationStatus } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import {
  canariesMissing,
  enrolmentRefused,
  evidenceRefused,
  observationNotFound,
  proberUnknown,
} from '../errors.ts';
import {
  CANARY_ORGANIZATIONS,
  Catalogue,
  Enrol,
  Enrolled,
  Enrolment,
  Look,
  NewEnrolment,
  Submission,
} from '../model.ts';
import * as store from '../store.ts';
import type { ControlsSettings } from './admit.ts';

const Done = z.object({ ok: z.literal(true) });
const HOUR = 3_600_000;
const probe = { action: 'controls:probe', resource: 'platform' } as const;

const itself = async (ctx: Context<'platform'>) =>
  (await store.proberOf(ctx.db, ctx.actor.accountId)) ?? proberUnknown();

const isEd25519 = (publicKey: string): boolean => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
};

const enrol = (settings: ControlsSettings): Row =>
  publicRoute({
    method: 'POST',
    path: '/v1/prober/enrol',
    operationId: 'enrolProber',
    permission: 'public',
    summary: 'Exchange a one-time enrolment token and a public key for the tokens of a prober',
    body: Enrol,
    guesses: { door: 'enrolment', wrong: ['enrolment_refused'] },
    response: Enrolled,
    status: 201,
    handler: async (ctx, { body }) => {
      const hash = settings.enrolmentHash(body.token);
      if (!hash || !isEd25519(body.publicKey)) return enrolmentRefused();
      return ctx.operator(async (db) => {
        const position = await store.spendEnrolment(db, hash, ctx.now);
        if (!position) return enrolmentRefused();
        const { now } = ctx;
        const id = keyId(body.publicKey);
        // One account for each prober, so that a token says which chain it may add to.
        const prober = await settings.admit(db, {
          account: `prober-${id.slice(0, 12)}`,
          organization: null,
          now,
        });
        const a = await settings.admit(db, {
          account: 'prober-canary-a',
          organization: CANARY_ORGANIZATIONS.a,
          now,
        });
        const b = await settings.admit(db, {
          account: 'prober-canary-b',
          organization: CANARY_ORGANIZATIONS.b,
          now,
        });
        await store.addProber(db, {
          id,
          accountId: prober.accountId,
          position,
          publicKey: body.publicKey,
        });
        return { prober: id, position, tokens: { prober: prober.token, a: a.token, b: b.token } };
      });
    },
  });

const work: Row[] = [
  route({
    method: 'PUT',
    path: '/v1/prober/catalogue',
    operationId: 'putCatalogue',
    permission: probe,
    summary: 'A prober says what it can try; what it had taken goes back to the queue',
    body: Catalogue,
    response: z.object({ seq: z.int(), digest: z.string() }),
    handler: async (ctx, { body }) => {
      const prober = await itself(ctx);
      if (isRefusal(prober)) return prober;
      await store.saveCatalogue(ctx.db, body.controls, ctx.now);
      await store.releaseRuns(ctx.db, prober.id);
      return store.headOf(ctx.db, prober.id);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/prober/next',
    operationId: 'takeRun',
    permission: probe,
    summary: 'The next run: what somebody asked for, else what is due',
    response: z.object({ run: z.uuid().nullable(), control: z.string().nullable() }),
    handler: async (ctx) => {
      const prober = await itself(ctx);
      if (isRefusal(prober)) return prober;
      await store.proberSeen(ctx.db, prober.id, ctx.now);
      return (await store.takeRun(ctx.db, prober, ctx.now)) ?? { run: null, control: null };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/prober/evidence',
    operationId: 'addEvidence',
    permission: probe,
    summary: 'Hand in a signed record; it has to follow the one before',
    body: Submission,
    response: Done,
    status: 201,
    handler: async (ctx, { body }) => {
      const prober = await itself(ctx);
      if (isRefusal(prober)) return prober;
      const head = await store.headOf(ctx.db, prober.id);
      const digest = digestOf(body.entry.record);
      // Sent again after an answer that got lost.
      if (digest === head.digest) return { ok: true as const };
      const fault = faultOf(prober.publicKey, body.entry, head);
      if (fault) return evidenceRefused(fault);
      const said = Evidence.parse(JSON.parse(body.entry.record));
      if (said.position !== prober.position) return evidenceRefused('it names another position');
      const mine =
        body.run !== undefined && (await store.isItsRun(ctx.db, prober.id, body.run, said.control));
      if (body.run !== undefined && !mine) return evidenceRefused('the run is not its own');
      await store.addEvidence(ctx.db, said, body.entry, digest);
      if (body.run !== undefined) await store.finishRun(ctx.db, prober.id, body.run, said, ctx.now);
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/prober/observations',
    operationId: 'askForLook',
    permission: probe,
    summary: 'Ask the agent for a raw look at the canary projects',
    body: Look,
    response: z.object({ operationId: z.uuid() }),
    status: 202,
    handler: async (ctx, { body }) => {
      const projects = await store.canaryProjects(ctx.db);
      if (!projects) return canariesMissing();
      return ctx.submit({
        kind: 'controls.observe',
        target: 'controls:look',
        input: { look: body, projects },
      });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/prober/observations/:look',
    operationId: 'getLook',
    permission: probe,
    summary: 'What the agent saw',
    params: z.strictObject({ look: z.uuid().meta({ description: 'Id of the operation' }) }),
    response: z.object({ status: OperationStatus, failure: Failure.nullable(), seen: z.unknown() }),
    handler: async (ctx, { params }) => {
      const found = await store.observationOf(ctx.db, params.look, ctx.actor.name);
      return found
        ? { status: found.status, failure: found.failure, seen: found.seen ?? null }
        : observationNotFound();
    },
  }),
];

/** What a prober asks for. */
export const proberRoutes = (settings: ControlsSettings): Row[] => [
  enrol(settings),
  route({
    method: 'POST',
    path: '/v1/prober/enrolments',
    operationId: 'createEnrolment',
    permission: { action: 'controls:run', resource: 'platform' },
    summary: 'Make a one-time token with which a prober on another machine makes itself known',
    body: NewEnrolment,
    response: Enrolment,
    status: 201,
    handler: async (ctx, { body }) => {
      const { token, hash } = settings.enrolmentToken();
      const expiresAt = new Date(ctx.now.getTime() + HOUR);
      await store.addEnrolment(ctx.db, { hash, position: body.position, actor: ctx.actor.name, expiresAt });
      return { token, position: body.position, expiresAt: expiresAt.toISOString() };
    },
  }),
  ...work,
];
