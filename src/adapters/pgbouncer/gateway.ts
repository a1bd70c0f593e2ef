import { createHash } from 'node:crypto';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { awaitDatabases } from './console.ts';
import { writeFiles } from './files.ts';
import type { Gateway, GatewayProcess } from './port.ts';
import { type PgbouncerSettings, renderFiles } from './render.ts';

export interface PgbouncerParts {
  readonly settings: PgbouncerSettings;
  /** The directory of its files as we see it, and the host user that may read them. */
  readonly files: { readonly directory: string; readonly uid: number };
  readonly process: GatewayProcess;
}

/** PgBouncer as the gateway to PostgreSQL: files first, then SIGHUP, then asking whether it took them. */
export const makePgbouncer = ({ settings, files, process }: PgbouncerParts): Gateway =>
  followFiles({
    files,
    process,
    render: (config) => renderFiles(settings, config),
    took: (names) => awaitDatabases(settings, names),
  });

/**
 * A gateway whose program reads files: they are written, it is told, and it has taken them over before this answers. With no
 * route left it is told first, so that sessions end with a word in its log, and then stopped.
 */
export function followFiles(parts: {
  readonly files: PgbouncerParts['files'];
  readonly process: GatewayProcess;
  readonly render: (config: Parameters<Gateway['apply']>[0]) => Outcome<Readonly<Record<string, string>>>;
  readonly took: (names: readonly string[]) => Promise<Outcome<void>>;
}): Gateway {
  const { files, process, render, took } = parts;
  /** What the running program is known to have taken over; nothing after our own start. */
  let known: string | undefined;
  return {
    async apply(config) {
      const rendered = render(config);
      if (isRefusal(rendered)) return rendered;
      const hash = createHash('sha256').update(JSON.stringify(rendered)).digest('hex');
      const running = await process.running();
      if (isRefusal(running)) return running;
      const wanted = config.routes.length > 0;
      if (running === wanted && (!wanted || known === hash)) return { changed: false };
      const written = await writeFiles(files.directory, files.uid, rendered);
      if (isRefusal(written)) return written;
      known = undefined;
      const told = running ? await process.reload() : await process.start();
      if (isRefusal(told)) return told;
      const followed = await took(config.routes.map(({ user }) => user));
      if (isRefusal(followed)) return followed;
      const stopped = wanted ? undefined : await process.stop();
      if (isRefusal(stopped)) return stopped;
      known = hash;
      return { changed: true };
    },
  };
}
