import { z } from 'zod';
import { isRefusal, type Outcome } from '../kernel/refusal.ts';
import { path } from './client.ts';
import type { Io } from './io.ts';
import { packDirectory } from './pack.ts';

/** Packs a directory and uploads it for an app; the answer's `upload` is what a deploy names. */
export async function uploadSource(io: Io, app: string, dir: string): Promise<Outcome<{ upload: string }>> {
  const packed = await packDirectory(dir);
  if (isRefusal(packed)) return packed;
  io.print.line(`${io.print.colors.cyan('•')} Upload ${packed.files} file${packed.files === 1 ? '' : 's'}`);
  return io.api.upload(
    path`/v1/apps/${app}/sources`,
    'application/gzip',
    packed.stream,
    z.object({ upload: z.string() }),
  );
}
