import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { withTenant } from '../db/transaction.ts';
import { isRefusal, type Outcome } from '../kernel/refusal.ts';
import { refuse } from './answer.ts';
import { contentTypeUnsupported, requestTooLarge, uploadBusy, uploadCut, uploadsFull } from './errors.ts';
import type { Guard } from './guard.ts';
import { perform, responses } from './json.ts';
import { diskOf, makePromises, refuseRoom } from './room.ts';
import type { Scopes, Upload, UploadRow } from './route.ts';
import type { Frame, Server } from './server.ts';
import { recordUpload, uploadsOf } from './store.ts';
import { UPLOAD_AGE } from './sweep.ts';

/** Uploads at a time of one account. */
const AT_A_TIME = 2;

class TooLarge extends Error {}

/** Writes the stream to a new file under a name of ours; what is cut or too large leaves no file. */
export async function receive(body: Readable, directory: string, most: number): Promise<Outcome<Upload>> {
  const file = randomUUID();
  const path = join(directory, file);
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > most ? new TooLarge() : null, chunk);
    },
  });
  try {
    await pipeline(body, meter, createWriteStream(path, { flags: 'wx', mode: 0o640 }));
    return { file, bytes, sha256: hash.digest('hex') };
  } catch (error) {
    await rm(path, { force: true });
    if (error instanceof TooLarge) return requestTooLarge(most);
    if ((error as { code?: unknown }).code === 'ENOSPC') return uploadsFull();
    return uploadCut();
  }
}

/** A row that takes one file, streamed to disk; nothing of it is kept in memory. */
export async function mountUpload(app: Server, parts: Frame, row: UploadRow, guard: Guard): Promise<void> {
  const underway = new Map<string, number>();
  const promises = makePromises();
  // In a scope of its own: no other route takes this content type.
  await app.register(async (scoped) => {
    scoped.removeAllContentTypeParsers();
    scoped.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scoped.route({
      method: row.method,
      url: row.path,
      bodyLimit: row.maxBytes,
      schema: {
        ...(row.params ? { params: row.params } : {}),
        querystring: row.query ?? z.strictObject({}),
        response: responses(row),
      },
      onRequest: guard,
      handler: async (request, reply) => {
        const { actor, found } = request.guarded!;
        if (request.headers['content-type'] !== row.accepts)
          return refuse(reply, contentTypeUnsupported(row.accepts));
        const declared = Number(request.headers['content-length'] ?? 0);
        if (declared > row.maxBytes) return refuse(reply, requestTooLarge(row.maxBytes));
        const count = underway.get(actor.accountId) ?? 0;
        if (count >= AT_A_TIME) return refuse(reply, uploadBusy());
        underway.set(actor.accountId, count + 1);
        const owner = found.organizationId ?? '';
        // One that does not say how large it is may become as large as any.
        const bytes = declared || row.maxBytes;
        let ended = () => {};
        try {
          // Promised before it is asked what is kept: of two at once none is given the other's room.
          const [sending, promised] = [promises.of(owner), promises.all()];
          ended = promises.add(owner, bytes);
          const since = new Date(request.guarded!.now.getTime() - UPLOAD_AGE);
          const { kept, most } = await withTenant(parts.db, found.tenant, (tx) =>
            uploadsOf(tx, owner, since),
          );
          const disk = await diskOf(parts.uploads);
          const full = refuseRoom(disk, { bytes, most, kept: kept + sending, promised });
          if (full) return refuse(reply, full);
          const upload = await receive(request.body as Readable, parts.uploads, row.maxBytes);
          if (isRefusal(upload)) return refuse(reply, upload);
          const discard = () => rm(join(parts.uploads, upload.file), { force: true });
          const stopped = await guard(request, reply);
          if (stopped) return discard().then(() => stopped);
          const { params, query } = request;
          const outcome = await perform(parts, row, request, async (ctx) => {
            const { organizationId, appId } = found.scope as Scopes['app'];
            if (appId)
              await recordUpload(ctx.db, {
                id: upload.file,
                organizationId,
                appId,
                ...upload,
                by: actor.name,
              });
            return row.handler(ctx, { params, query, upload } as Parameters<typeof row.handler>[1]);
          }).catch(async (error: unknown) => {
            await discard();
            throw error;
          });
          if (!isRefusal(outcome)) return reply.code(row.status ?? 200).send(outcome);
          await discard();
          return refuse(reply, outcome);
        } finally {
          ended();
          const left = (underway.get(actor.accountId) ?? 1) - 1;
          if (left > 0) underway.set(actor.accountId, left);
          else underway.delete(actor.accountId);
        }
      },
    });
  });
}
