import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { watch } from '../../cli/io.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { exportFailed, exportGone } from './errors.ts';
import { Export } from './model.ts';

const Asked = z.object({ operationId: z.uuid(), exportId: z.uuid() });

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Door 2 of exports. */
export const commands: readonly CommandRow[] = [
  {
    name: 'projects:export',
    summary: 'Everything of a project as one archive: images, names of config vars, data, logs',
    args: [{ name: 'project', description: 'the project' }],
    options: [
      { flags: '-o, --output <file>', description: 'where to write it; PROJECT-export.tar unless told' },
      {
        flags: '--values-for <recipient>',
        description: 'with the values of config vars, encrypted to this age recipient; for owners',
      },
    ],
    examples: [
      'bastide projects:export shop',
      'bastide projects:export shop --values-for age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
    ],
    uses: ['exportProject', 'exportProjectWithValues', 'listExports', 'downloadExport', 'followOperation'],
    async run(io, input) {
      const project = input.args.project!;
      const recipient = given(input, 'valuesFor');
      const asked =
        recipient === undefined
          ? await io.api.send('POST', path`/v1/projects/${project}/exports`, undefined, Asked)
          : await io.api.send(
              'POST',
              path`/v1/projects/${project}/exports/with-values`,
              { recipient },
              Asked,
            );
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      if (isRefusal(asked)) return asked;
      const list = await io.api.get(
        path`/v1/projects/${project}/exports`,
        z.object({ exports: z.array(Export) }),
      );
      if (isRefusal(list)) return list;
      const made = list.exports.find(({ id }) => id === asked.exportId);
      if (!made) return exportGone();
      const file = given(input, 'output') ?? `${project}-export.tar`;
      const at = path`/v1/projects/${project}/exports/${made.id}/download`;
      const got = await io.api.download(at, createWriteStream(file, { mode: 0o600 }));
      if (isRefusal(got)) {
        await rm(file, { force: true });
        return got;
      }
      if ((await sha256Of(file)) !== made.sha256) {
        await rm(file, { force: true });
        return exportFailed(project, 'what arrived is not what was made');
      }
      io.print.done({ file, bytes: got.bytes, sha256: made.sha256 }, `${file}: ${got.bytes} bytes, whole.`);
      return undefined;
    },
  },
];
