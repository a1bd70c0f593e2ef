import { z } from 'zod';
import { path, query } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { watch } from '../../cli/io.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { download } from './cli/download.ts';
import { rotate } from './cli/rotate.ts';
import { show } from './cli/show.ts';
import { Backup, Recoverable, Schedule } from './model.ts';

const Backups = z.object({ backups: z.array(Backup), recoverable: z.array(Recoverable) });
const Schedules = z.object({ schedules: z.array(Schedule) });
const projectArgument = { name: 'project', description: 'the project' };
const detach = { flags: '--detach', description: 'do not wait for its end' };

const short = (time: string | null): string | null => time?.slice(0, 16).replace('T', ' ') ?? null;
const size = (bytes: number): string =>
  bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;
const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

const list: Pick<CommandRow, 'summary' | 'args' | 'options' | 'uses' | 'run'> = {
  summary: 'Backups of a project: taken, size, verified, restored and compared',
  args: [projectArgument],
  options: [
    { flags: '--source <name>', description: 'only this database or volume' },
    { flags: '--kind <kind>', description: 'dump, base, wal, volume or project' },
    { flags: '-n, --limit <count>', description: 'backups, 500 at most', default: '50' },
  ],
  uses: ['listBackups'],
  async run(io, input) {
    const filter = query({
      source: given(input, 'source'),
      kind: given(input, 'kind'),
      limit: given(input, 'limit'),
    });
    const found = await io.api.get(`${path`/v1/projects/${input.args.project!}/backups`}${filter}`, Backups);
    if (isRefusal(found)) return found;
    for (const span of found.recoverable)
      io.print.line(`${span.source}: any moment from ${span.from} to ${span.until}`);
    io.print.table(found.backups, {
      taken: (b) => short(b.takenAt),
      source: (b) => b.source,
      kind: (b) => b.kind,
      size: (b) => size(b.bytes),
      vault: (b) => b.vault,
      verified: (b) => short(b.verifiedAt),
      restored: (b) => short(b.restoredAt),
      smoke: (b) => b.smoke,
      verdict: (b) => b.message ?? b.verdict,
      id: (b) => b.id,
    });
    return undefined;
  },
};

/** Door 2: backups. */
export const commands: readonly CommandRow[] = [
  { name: 'backups', examples: ['bastide backups shop'], ...list },
  { name: 'backups:list', examples: ['bastide backups:list shop --source orders'], ...list },
  {
    name: 'backups:run',
    summary: 'Back up a project now, or one database or volume of it',
    args: [projectArgument],
    options: [{ flags: '--source <name>', description: 'only this database or volume' }, detach],
    examples: ['bastide backups:run shop', 'bastide backups:run shop --source orders'],
    uses: ['runBackups'],
    async run(io, input) {
      const at = path`/v1/projects/${input.args.project!}/backups`;
      const asked = await io.api.send('POST', at, { source: given(input, 'source') }, Accepted);
      const done = await watch(io, asked, { detach: input.options.detach === true });
      if (isRefusal(done)) return done;
      if (done) io.print.done(done, 'It is in the vault.');
      return undefined;
    },
  },
  show,
  download,
  rotate,
  {
    name: 'backups:schedule',
    summary: 'When what is backed up by itself; with --source, change it',
    args: [projectArgument],
    options: [
      { flags: '--source <name>', description: 'the database or volume to change' },
      { flags: '--every <hours>', description: 'hours between two backups, 1 to 168; never: not by itself' },
      { flags: '--at <time>', description: 'when, in UTC, for example 03:30' },
      {
        flags: '--smoke <sql>',
        description: 'a query whose answer must be true on each restored copy; none: no query',
      },
    ],
    examples: [
      'bastide backups:schedule shop',
      'bastide backups:schedule shop --source orders --every 6 --smoke "select count(*) > 0 from orders"',
    ],
    uses: ['listBackupSchedules', 'setBackupSchedule'],
    async run(io, input) {
      const at = path`/v1/projects/${input.args.project!}/backups/schedule`;
      const [source, every, time, smoke] = ['source', 'every', 'at', 'smoke'].map((name) =>
        given(input, name),
      );
      const [hours, minutes] = (time ?? '').split(':').map(Number);
      const found = source
        ? await io.api.send(
            'PUT',
            at,
            {
              source,
              ...(every === undefined ? {} : { everyHours: every === 'never' ? null : Number(every) }),
              ...(time === undefined ? {} : { atMinute: hours! * 60 + (minutes ?? 0) }),
              ...(smoke === undefined ? {} : { smokeQuery: smoke === 'none' ? null : smoke }),
            },
            Schedule,
          )
        : await io.api.get(at, Schedules);
      if (isRefusal(found)) return found;
      io.print.table('schedules' in found ? found.schedules : [found], {
        source: (s) => s.source,
        type: (s) => s.type,
        every: (s) => (s.everyHours === null ? 'never' : `${s.everyHours} h`),
        at: (s) => `${clock(s.atMinute)} UTC`,
        last: (s) => short(s.lastAt),
        next: (s) => short(s.nextAt),
        smoke: (s) => s.smokeQuery,
      });
      return undefined;
    },
  },
  {
    name: 'backups:verify',
    summary: 'Restore a backup into a throw-away, compare it, and say what came out',
    args: [projectArgument, { name: 'backup', description: 'id of the backup' }],
    options: [detach],
    examples: ['bastide backups:verify shop 019a0000-0000-7000-8000-000000000000'],
    uses: ['verifyBackup'],
    async run(io, input) {
      const at = path`/v1/projects/${input.args.project!}/backups/${input.args.backup!}/verify`;
      const asked = await io.api.send('POST', at, undefined, Accepted);
      const done = await watch(io, asked, { detach: input.options.detach === true });
      if (isRefusal(done)) return done;
      if (done) io.print.done(done, 'It was restored and compared: equal.');
      return undefined;
    },
  },
  {
    name: 'backups:restore',
    summary: 'Bring a database or volume back: from a backup, or to a moment; in place, or beside',
    args: [projectArgument, { name: 'source', description: 'the database or volume that was backed up' }],
    options: [
      { flags: '--backup <id>', description: 'which backup; the newest unless told' },
      { flags: '--to <time>', description: 'a moment, for example 2026-11-22T04:30:05Z; PostgreSQL only' },
      { flags: '--as <name>', description: 'into a new database of that name; in place unless told' },
      { flags: '--path <path>', description: 'of a volume: only what is below it' },
      detach,
    ],
    examples: [
      'bastide backups:restore shop orders --as orders-restored',
      'bastide backups:restore shop orders --to 2026-11-22T04:30:05Z',
      'bastide backups:restore shop uploads --path avatars/ada.png',
    ],
    uses: ['restoreBackup'],
    async run(io, input) {
      const at = path`/v1/projects/${input.args.project!}/backups/restore`;
      const time = given(input, 'to');
      const moment = time === undefined ? undefined : new Date(time);
      const body = {
        source: input.args.source,
        backup: given(input, 'backup'),
        to: moment && !Number.isNaN(moment.getTime()) ? moment.toISOString() : time,
        as: given(input, 'as'),
        path: given(input, 'path'),
      };
      const done = await watch(io, await io.api.send('POST', at, body, Accepted), {
        detach: input.options.detach === true,
      });
      if (isRefusal(done)) return done;
      if (done) io.print.done(done, `${body.as ?? body.source} is back.`);
      return undefined;
    },
  },
  {
    name: 'backups:platform',
    summary: "Back up the platform's own database and images now",
    options: [detach],
    examples: ['bastide backups:platform'],
    uses: ['runPlatformBackup'],
    async run(io, input) {
      const asked = await io.api.send('POST', '/v1/platform/backups', undefined, Accepted);
      const done = await watch(io, asked, { detach: input.options.detach === true });
      if (isRefusal(done)) return done;
      if (done) io.print.done(done, 'It is in the vault.');
      return undefined;
    },
  },
];
