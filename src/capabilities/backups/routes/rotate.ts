import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { generationFresh } from '../errors.ts';
import { ProjectParam } from '../model.ts';
import { itemsOf, type RotateInput, runTarget } from '../operations.ts';
import { mayRotate } from '../policy.ts';
import * as store from '../store.ts';

/** A new generation of backups when somebody wants one, not only each month. */
export const rotateRoutes: Row[] = [
  route({
    method: 'POST',
    path: '/v1/projects/:project/backups/rotate',
    operationId: 'rotateBackups',
    permission: { action: 'backups:rotate', resource: 'project' },
    summary:
      'Begin a new generation of backups in each vault, with a key of its own, and put everything into it',
    params: z.strictObject({ project: ProjectParam }),
    response: Accepted,
    status: 202,
    async handler({ db, scope, submit, now }) {
      const begun = await store.generations(db, scope.projectId);
      if (
        !mayRotate(
          begun.map(({ createdAt }) => ({ createdAt: createdAt.getTime() })),
          now.getTime(),
        )
      )
        return generationFresh();
      const input: RotateInput = {
        projectId: scope.projectId,
        items: (await store.sources(db, scope.projectId)).flatMap(itemsOf),
        reason: 'request',
        after: now.toISOString(),
      };
      return submit({ kind: 'backups.rotate', target: runTarget(scope.projectId), input });
    },
  }),
];
