import { Refusal } from '../../kernel/refusal.ts';

export const urlRefused = (why: string) =>
  new Refusal(
    'git_url_refused',
    `This git address is not taken: ${why}`,
    'Use https://host/path of a repository that anybody may read, or deploy a directory.',
  );
export const refRefused = () =>
  new Refusal(
    'git_ref_refused',
    'This is not the name of a branch, tag or commit',
    'Letters, digits, dots, dashes and slashes, not starting with a dash.',
  );
export const notFound = (where: string, ref: string) =>
  new Refusal(
    'git_not_found',
    `There is no ${ref} at ${where} that anybody may read`,
    'Check the address and the ref; for a private repository deploy a directory.',
  );
export const unreachable = (where: string, said: string) =>
  new Refusal(
    'git_unreachable',
    `${where} did not answer: ${said}`,
    'Try again later, or deploy a directory.',
  );
export const tooBig = () =>
  new Refusal('git_too_big', 'The repository is larger than a source may be', 'Deploy a directory instead.');
export const gitTimeout = (seconds: number) =>
  new Refusal(
    'git_timeout',
    `The repository was not there after ${seconds} s`,
    'Try again, or deploy a directory.',
  );
