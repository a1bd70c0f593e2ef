import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isRefusal } from '../kernel/refusal.ts';
import { ErrorBody, refuse } from './answer.ts';
import { fileGone } from './errors.ts';
import type { Guard } from './guard.ts';
import { perform } from './json.ts';
import type { FileRow } from './route.ts';
import type { Frame, Server } from './server.ts';

/** A row that answers with a file, streamed: the transaction ends before the first byte goes. */
export function mountFile(app: Server, parts: Frame, row: FileRow, guard: Guard): void {
  app.route({
    method: row.method,
    url: row.path,
    schema: {
      ...(row.params ? { params: row.params } : {}),
      response: { '4xx': ErrorBody, '5xx': ErrorBody },
    },
    onRequest: guard,
    handler: async (request, reply) => {
      const { params } = request;
      const outcome = await perform(parts, row, request, (ctx) =>
        row.handler(ctx, { params } as Parameters<typeof row.handler>[1]),
      );
      if (isRefusal(outcome)) return refuse(reply, outcome);
      const found = await stat(outcome.path).catch(() => undefined);
      if (!found?.isFile()) return refuse(reply, fileGone());
      return reply
        .type('application/octet-stream')
        .header('content-length', found.size)
        .header('content-disposition', `attachment; filename="${outcome.name}"`)
        .send(createReadStream(outcome.path));
    },
  });
}
