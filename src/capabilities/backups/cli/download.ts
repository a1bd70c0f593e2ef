import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given } from '../../../cli/command.ts';
import { type Io, watch } from '../../../cli/io.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { downloadBroken, downloadGone, recipientInvalid } from '../errors.ts';
import { Download } from '../model.ts';

const Asked = z.object({ operationId: z.uuid(), downloadId: z.uuid() });
const MIB = 1024 ** 2;

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** A line at each tenth of the whole. */
const tenths = (io: Io, file: string, whole: number) => {
  let said = 0;
  return (bytes: number) => {
    const now = Math.floor((bytes / whole) * 10);
    if (now <= said) return;
    said = now;
    io.print.line(`${file}: ${now * 10} % of ${Math.ceil(whole / MIB)} MiB`);
  };
};

export const download: CommandRow = {
  name: 'backups:download',
  summary: 'A backup as one file, encrypted to your own age key',
  args: [
    { name: 'project', description: 'the project' },
    { name: 'backup', description: 'id of the backup' },
  ],
  options: [
    { flags: '--to <recipient>', description: 'your age recipient: the line of your key that begins age1' },
    {
      flags: '-o, --output <file>',
      description: 'where to write it; PROJECT-SOURCE-DAY.tar.gz.age unless told',
    },
  ],
  examples: [
    'bastide backups:download shop 019a0000-0000-7000-8000-000000000000 --to age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
  ],
  uses: ['askBackupDownload', 'listBackupDownloads', 'downloadBackup', 'followOperation'],
  async run(io, input) {
    const recipient = given(input, 'to');
    if (recipient === undefined) return recipientInvalid();
    const [project, backup] = [input.args.project!, input.args.backup!];
    const at = path`/v1/projects/${project}/backups/${backup}/downloads`;
    const asked = await io.api.send('POST', at, { recipient }, Asked);
    const done = await watch(io, asked);
    if (isRefusal(done)) return done;
    if (isRefusal(asked)) return asked;
    const list = await io.api.get(
      path`/v1/projects/${project}/backups/downloads`,
      z.object({ downloads: z.array(Download) }),
    );
    if (isRefusal(list)) return list;
    const made = list.downloads.find(({ id }) => id === asked.downloadId);
    if (!made) return downloadGone();
    const file = given(input, 'output') ?? made.name;
    const got = await io.api.download(
      path`/v1/projects/${project}/backups/downloads/${made.id}/file`,
      createWriteStream(file, { mode: 0o600 }),
      tenths(io, file, made.bytes ?? 1),
    );
    if (isRefusal(got) || (await sha256Of(file)) !== made.sha256) {
      await rm(file, { force: true });
      return isRefusal(got) ? got : downloadBroken('what arrived is not what was made');
    }
    io.print.done(
      { file, bytes: got.bytes, sha256: made.sha256 },
      `${file}: ${got.bytes} bytes, whole. Open it: age -d -i key.txt ${file} | tar xz`,
    );
    return undefined;
  },
};
