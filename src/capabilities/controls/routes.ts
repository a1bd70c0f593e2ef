import { z } from 'zod';
import { Bundle } from '../../../controls/contract/evidence.ts';
import { type Row, route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { controlNotFound, controlsNoneSelected } from './errors.ts';
import { ControlView, EvidenceView, Selection } from './model.ts';
import { renderOscal } from './render.ts';
import type { ControlsSettings } from './routes/admit.ts';
import { proberRoutes } from './routes/prober.ts';
import * as store from './store.ts';

const ControlParams = z.strictObject({
  area: z.string().max(40).meta({ description: 'Area of the control' }),
  control: z.string().max(60).meta({ description: 'Its name in the area' }),
});
/** Door 1: controls for people, and the prober's own routes. */
export const controlsRoutes = (settings: ControlsSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/controls',
    operationId: 'listControls',
    permission: { action: 'controls:read', resource: 'platform' },
    summary: 'Every control with its newest verdict and whether it is due or overdue',
    response: z.object({ controls: z.array(ControlView) }),
    handler: async (ctx) => ({ controls: await store.listControls(ctx.db, ctx.now) }),
  }),
  route({
    method: 'GET',
    path: '/v1/controls/:area/:control',
    operationId: 'getControl',
    permission: { action: 'controls:review', resource: 'platform' },
    summary: 'One control with its history: every record of evidence, newest first',
    params: ControlParams,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
    response: ControlView.extend({ history: z.array(EvidenceView) }),
    handler: async (ctx, { params, query }) => {
      const id = `${params.area}/${params.control}`;
      const found = (await store.listControls(ctx.db, ctx.now)).find((one) => one.id === id);
      if (!found) return controlNotFound(id);
      return { ...found, history: await store.historyOf(ctx.db, id, query.limit) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/controls/runs',
    operationId: 'runControls',
    permission: { action: 'controls:run', resource: 'platform' },
    summary: 'Run controls now: one, an area, or those of a claim; drills only where they are asked for',
    body: Selection,
    response: Accepted,
    status: 202,
    handler: async (ctx, { body }) => {
      const ids = await store.selectControls(ctx.db, body);
      if (ids.length === 0)
        return body.control === undefined ? controlsNoneSelected() : controlNotFound(body.control);
      const submitted = await ctx.submit({
        kind: 'controls.run',
        target: `stream:${ctx.requestId}`,
        input: { controls: ids },
      });
      await store.addRuns(ctx.db, ids, { operationId: submitted.operationId, actor: ctx.actor.name });
      return submitted;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/controls/evidence',
    operationId: 'exportEvidence',
    permission: { action: 'controls:review', resource: 'platform' },
    summary: 'All evidence with its signatures, to be checked anywhere with controls:verify',
    response: Bundle,
    handler: async (ctx) => store.exportEvidence(ctx.db, ctx.now),
  }),
  route({
    method: 'GET',
    path: '/v1/controls/oscal',
    operationId: 'exportOscal',
    permission: { action: 'controls:review', resource: 'platform' },
    summary: 'All evidence as OSCAL assessment results (NIST, 1.1.2), the signed records within',
    response: z.record(z.string(), z.unknown()),
    handler: async (ctx) => renderOscal(await store.exportEvidence(ctx.db, ctx.now)),
  }),
  ...proberRoutes(settings),
];
