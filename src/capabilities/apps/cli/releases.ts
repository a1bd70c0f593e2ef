import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { appOption, type CommandRow } from '../../../cli/command.ts';
import { appOf, type Io } from '../../../cli/io.ts';
import { plain } from '../../../cli/print.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { versionInvalid } from '../errors.ts';
import { Release } from '../model.ts';

const Shown = Release.extend({ lastLines: z.record(z.string(), z.array(z.string())).nullable() });
type Shown = z.infer<typeof Shown>;

async function show(io: Io, app: string, version: string): Promise<Outcome<Shown>> {
  const [, number] = /^v?(\d{1,9})$/.exec(version) ?? [];
  return number === undefined
    ? versionInvalid(version)
    : io.api.get(path`/v1/apps/${app}/releases/${number}`, Shown);
}

function printLines(io: Io, { lastLines }: Shown, process?: string): void {
  for (const [name, lines] of Object.entries(lastLines ?? {}))
    if (process === undefined || process === name)
      for (const line of lines)
        io.print.raw(
          `${io.print.json ? JSON.stringify({ source: name, line }) : `${io.print.colors.cyan(name)} ${plain(line)}`}\n`,
          'stdout',
        );
}

/** `logs --release`: what was kept of a release whose containers are gone. */
export async function showLastLines(
  io: Io,
  app: string,
  version: string,
  process: string | undefined,
): Promise<Outcome<undefined>> {
  const release = await show(io, app, version);
  if (isRefusal(release)) return release;
  if (release.lastLines === null && !io.print.json)
    io.print.line(`Nothing was kept of v${release.version}: lines are kept of releases that fail.`);
  printLines(io, release, process);
  return undefined;
}

/** One release, and why it failed. */
export const releaseCommands: readonly CommandRow[] = [
  {
    name: 'releases:show',
    summary: 'One release; of one that failed why, and what its processes wrote last',
    args: [{ name: 'version', description: 'for example v12' }],
    options: [appOption],
    examples: ['bastide releases:show v12 --app shop'],
    uses: ['getRelease'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const release = await show(io, app, input.args.version ?? '');
      if (isRefusal(release)) return release;
      if (io.print.json) {
        io.print.done(release, '');
        return undefined;
      }
      const { failure } = release;
      io.print.line(`v${release.version} ${release.status}: ${plain(release.description)}`);
      io.print.line(`by ${plain(release.createdBy)} at ${release.createdAt.slice(0, 19).replace('T', ' ')}`);
      if (failure) io.print.line(`${failure.code}: ${plain(failure.message)}`);
      if (failure) io.print.line(plain(failure.next));
      printLines(io, release);
      return undefined;
    },
  },
];
