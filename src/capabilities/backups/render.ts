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
