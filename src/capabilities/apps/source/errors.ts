import { Refusal } from '../../../kernel/refusal.ts';

const show = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);

const PACK = 'Leave it out of the archive, then deploy again.';

export const archiveCorrupt = (why: string) =>
  new Refusal(
    'source_archive_corrupt',
    `The archive cannot be read: ${why}`,
    'Send a tar archive, plain or compressed with gzip.',
  );
export const archivePath = (name: string, why: string) =>
  new Refusal('source_archive_path', `The archive names ${show(name)}: ${why}`, PACK);
export const archiveLink = (name: string, target: string, why: string) =>
  new Refusal('source_archive_link', `The archive's link ${show(name)} to ${show(target)} ${why}`, PACK);
export const archiveType = (name: string, type: string) =>
  new Refusal(
    'source_archive_type',
    `The archive has a ${type} at ${show(name)}; only files, directories and links within are taken`,
    PACK,
  );
export const archiveDuplicate = (name: string) =>
  new Refusal(
    'source_archive_duplicate',
    `The archive names ${show(name)} more than once, or in two spellings`,
    'Keep one of them.',
  );
export const archiveEntries = (limit: number) =>
  new Refusal(
    'source_archive_entries',
    `The archive has more than ${limit} entries`,
    'Leave out what the build makes itself, such as node_modules.',
  );
export const archiveTooBig = (limit: number) =>
  new Refusal(
    'source_archive_too_big',
    `The archive's files are larger than ${Math.floor(limit / 1024 ** 2)} MiB together`,
    'Leave out what the build makes itself; keep large files elsewhere.',
  );
export const archiveBomb = (ratio: number) =>
  new Refusal(
    'source_archive_bomb',
    `The archive grows to more than ${ratio} times its size`,
    'Leave out files that are nothing but padding.',
  );
export const archiveEmpty = () =>
  new Refusal('source_archive_empty', 'The archive has no files', 'Deploy from the directory of your app.');

export const fileRefused = (name: string, why: string) =>
  new Refusal('source_file_refused', `${name} ${why}`, `Make ${name} a plain, small file.`);
export const procfileInvalid = (line: number, why: string) =>
  new Refusal(
    'source_procfile_invalid',
    `Procfile, line ${line}: ${why}`,
    'Write one process a line, for example `web: node server.js`.',
  );
export const appJsonInvalid = (why: string) =>
  new Refusal('source_app_json_invalid', `app.json: ${why}`, 'Correct app.json, then deploy again.');
export const bastideYamlInvalid = (why: string, next = 'Correct bastide.yaml, then deploy again.') =>
  new Refusal('source_bastide_yaml_invalid', `bastide.yaml: ${why}`, next);
export const cronInvalid = (where: string, why: string) =>
  new Refusal(
    'source_cron_invalid',
    `${where}: ${why}`,
    'Write five fields in UTC, for example `0 3 * * *`, at most once a minute.',
  );
export const packageJsonInvalid = (why: string) =>
  new Refusal(
    'source_package_json_invalid',
    `package.json: ${why}`,
    'Correct package.json, then deploy again.',
  );
export const notRecognised = (looked: readonly string[]) =>
  new Refusal(
    'source_not_recognised',
    `Nothing here says how to build this app. Looked for: ${looked.join(', ')}`,
    'Add one of these files at the top of your source, or a Dockerfile.',
    { looked },
  );
export const startMissing = (stack: string, hint: string) =>
  new Refusal('source_start_missing', `This ${stack} app does not say how its web process starts`, hint);
