/**
 * What postgresql.auto.conf says to a server that replays to a moment, or to the end (null). It archives nothing: the
 * history that it makes is thrown away.
 */
export const renderRecovery = (to: Date | null): string =>
  [
    '',
    "archive_mode = 'off'",
    "restore_command = 'cp /wal/%f %p'",
    ...(to
      ? [
          `recovery_target_time = '${to.toISOString().replace('T', ' ').replace('Z', '+00')}'`,
          "recovery_target_inclusive = 'true'",
        ]
      : []),
    "recovery_target_action = 'promote'",
    "recovery_target_timeline = 'latest'",
    '',
  ].join('\n');

const RESTORE: Readonly<Record<string, string>> = {
  postgres: 'pg_restore --no-owner --dbname=NAME dump.postgres',
  mariadb: 'mariadb NAME < dump.mariadb',
  redis: 'an RDB file or commands, as its first bytes say: redis-server --dbfilename, or redis-cli --pipe',
};

/** README.md of a downloaded backup: what it is and how it comes back without us. */
export const downloadReadme = (
  project: string,
  backup: {
    readonly id: string;
    readonly source_name: string;
    readonly engine: string | null;
    readonly taken_at: Date;
  },
): string =>
  [
    `# ${project}: ${backup.source_name}`,
    '',
    `Backup ${backup.id}, as it was at ${backup.taken_at.toISOString()}.`,
    '',
    backup.engine === null
      ? 'The files of a volume are below files/. manifest.json has how many they are, and their bytes.'
      : `dump.${backup.engine} is all of it: ${RESTORE[backup.engine] ?? 'a dump'}`,
    backup.engine === null
      ? ''
      : 'manifest.json has the rows and a checksum of each table, of the same moment.',
    '',
  ].join('\n');
