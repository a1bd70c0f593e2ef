import { Refusal } from '../../kernel/refusal.ts';

export const noVault = () =>
  new Refusal(
    'backup_no_vault',
    'The platform has no vault to keep backups in',
    'Add one with: bastide vaults:add; npm start makes one on this machine unless told otherwise.',
  );

export const sourceNotFound = (name: string) =>
  new Refusal(
    'backup_source_not_found',
    `The project has no database or volume ${name}`,
    'List what is backed up with: bastide backups:schedule',
  );

export const backupNotFound = (what: string) =>
  new Refusal('backup_not_found', `There is no backup ${what}`, 'List the backups with: bastide backups');

export const sourceGone = (what: string) =>
  new Refusal(
    'backup_source_gone',
    `The ${what} to back up is gone`,
    'Its earlier backups stay in the vault until its retention ends.',
  );

export const notNow = (what: string, state: string) =>
  new Refusal('backup_source_not_ready', `${what} is ${state}`, 'Try again when it is ready.');

export const noKey = () =>
  new Refusal(
    'backup_project_key_missing',
    'The project has no key to seal the key of its repository with',
    'See the operation keys.create-project: bastide operations',
  );

export const noBackupTaken = (first: Refusal) =>
  new Refusal(
    'backup_in_no_vault',
    `No vault took the backup: ${first.message}`,
    'Nothing was changed. Put the vault right and try again.',
    { first: first.code },
  );

export const notEqual = (differences: readonly string[]) =>
  new Refusal(
    'backup_not_equal',
    `What was restored differs from what was backed up: ${differences.slice(0, 5).join('; ')}`,
    'Use an older backup; an alert tells the operators.',
    { differences: differences.slice(0, 50) },
  );

export const smokeFailed = (from: string, why: string) =>
  new Refusal(
    'backup_smoke_failed',
    `The smoke query of ${from} does not hold on the restored copy: ${why}`,
    'The copy is equal to what was backed up: look at the data, and at the query.',
  );

export const smokeUnusable = (from: string, why: string) =>
  new Refusal(
    'backup_smoke_unusable',
    `The smoke query of ${from} could not be asked: ${why}`,
    'Put the query right: in bastide.yaml, or with bastide backups:schedule --smoke',
  );

export const notRecoverable = (at: string, from: string | null, until: string | null) =>
  new Refusal(
    'backup_time_not_covered',
    from && until
      ? `${at} is outside what can be restored: ${from} to ${until}`
      : `${at} cannot be restored: there is no physical backup before it`,
    'Choose a time in that span, or a backup: bastide backups',
  );

export const volumeTooBusy = (seconds: number) =>
  new Refusal(
    'backup_volume_too_busy',
    `The volume changes so much that ${seconds} s of standstill were not enough for a consistent copy`,
    'Back it up at a quieter time: bastide backups:schedule',
  );

export const freezeFailed = (said: string) =>
  new Refusal(
    'backup_freeze_failed',
    `The file system could not be brought to a standstill: ${said}`,
    'Try again; see the log.',
  );

export const instanceNotReady = (name: string, seconds: number, said: string) =>
  new Refusal(
    'backup_instance_not_ready',
    `The throw-away server for ${name} did not answer within ${seconds} s: ${said}`,
    'Try again; see the log.',
  );

export const vaultNotThere = (name: string) =>
  new Refusal('vault_not_found', `There is no vault ${name}`, 'List them with: bastide vaults');

export const unknownBackupsStep = (kind: string) =>
  new Refusal('backup_unknown_step', `Nobody performs backups.${kind}`, 'Report it with the operation id.');

export const inputInvalid = () =>
  new Refusal(
    'backup_input_invalid',
    'The operation does not say what to back up',
    'Report it with the operation id.',
  );

export const nameTaken = (name: string) =>
  new Refusal('backup_target_exists', `There is a database ${name} already`, 'Choose another name.');

export const wrongKind = (kind: string) =>
  new Refusal(
    'backup_kind_not_restorable',
    `A backup of the kind ${kind} cannot be restored in this way`,
    'List the backups with: bastide backups',
  );

export const recipientInvalid = () =>
  new Refusal(
    'backup_recipient_invalid',
    'That is no age recipient',
    'Make a key pair with: age-keygen -o key.txt; give the line that begins with age1.',
  );

export const pathMissing = (path: string) =>
  new Refusal(
    'backup_path_missing',
    `The backup has no ${path}`,
    'Leave the path out to restore everything.',
  );

export const baseIncomplete = (name: string, said: string) =>
  new Refusal(
    'backup_base_incomplete',
    `The physical copy of ${name} did not come to its end: ${said}`,
    'It is tried again; the dumps are not affected.',
  );

export const momentNotReached = (said: string) =>
  new Refusal(
    'backup_moment_not_reached',
    `The database could not be brought to that moment: ${said}`,
    'Choose another moment, or a backup: bastide backups',
  );

export const platformKeyUnreadable = (file: string) =>
  new Refusal(
    'backup_platform_key_unreadable',
    `${file} does not hold a key`,
    'Put it back from the recovery kit; with a new one, begin a new generation.',
  );

export const platformDumpFailed = (said: string) =>
  new Refusal(
    'backup_platform_dump_failed',
    `The dump of the platform's database did not come to its end: ${said}`,
    'It is tried again; earlier backups are not affected.',
  );

export const platformRestoreFailed = (said: string) =>
  new Refusal(
    'backup_platform_restore_failed',
    `The platform's database did not come back: ${said}`,
    'The next start tries again; if it stays, use the version that the platform had, or another vault of the kit.',
  );

export const readBackBroken = (name: string, said: string) =>
  new Refusal(
    'backup_read_broken',
    `Reading the backup of ${name} back broke off: ${said}`,
    'Try again; see the log.',
  );

export const platformNotInVault = (url: string) =>
  new Refusal(
    'backup_platform_not_in_vault',
    `The vault at ${url} has no backup of this platform`,
    'Try another vault of the kit: npm run recover -- --vault NAME',
  );

export const notDownloadable = (kind: string) =>
  new Refusal(
    'backup_kind_not_downloadable',
    `A backup of the kind ${kind} is of no use outside of the platform`,
    'Take a dump or a volume: bastide backups --kind dump; everything of a project: bastide projects:export',
  );

export const tooManyDownloads = (most: number) =>
  new Refusal(
    'backup_download_too_many',
    `The project has ${most} downloads already`,
    'They go by themselves after 48 hours; fetch one that is there, or wait.',
  );

export const downloadGone = () =>
  new Refusal(
    'backup_download_gone',
    'There is no such download',
    'Ask for one with: bastide backups:download',
  );

export const downloadNotReady = () =>
  new Refusal('backup_download_not_ready', 'The download is not ready', 'Wait for its operation to end.');

export const noRoomForDownload = (bytes: number) =>
  new Refusal(
    'backup_download_no_room',
    `The platform has no room for a download of ${bytes} bytes`,
    'Wait until older ones are gone, or restore it beside: bastide backups:restore --as',
  );

export const downloadBroken = (said: string) =>
  new Refusal('backup_download_broken', `The download broke off: ${said}`, 'Ask again.');

export const generationFresh = () =>
  new Refusal(
    'backup_generation_fresh',
    'Every vault has a generation of this hour already',
    'What is backed up from now on goes there; ask again in an hour if it must be another one.',
  );

export const ofAnotherProject = () =>
  new Refusal(
    'backup_of_another_project',
    'The backup is of another project than what it is to be restored into',
    'A backup goes back into its own project only: bastide backups',
  );

export const pathBlocked = (path: string) =>
  new Refusal(
    'backup_path_blocked',
    `${path} cannot be put back: on the way there is a link or a file where the backup has a directory, or it changes meanwhile`,
    'Move that away, or restore the whole volume.',
  );

export const sourceLinked = (what: string) =>
  new Refusal(
    'backup_source_linked',
    `${what} is a link where a directory of ours should be`,
    'Somebody put it there: look at it, and at the audit log. Nothing was read or changed.',
  );

export const treeChanged = (path: string) =>
  new Refusal(
    'backup_tree_changed',
    `${path} changed while it was read`,
    'Try again; nothing should write there at this time.',
  );

export const treeTooDeep = (said: string) =>
  new Refusal('backup_tree_too_deep', `The tree cannot be read: ${said}`, 'Make it flatter.');
