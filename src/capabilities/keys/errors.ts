import { Refusal } from '../../kernel/refusal.ts';

export const projectGone = () =>
  new Refusal('keys_project_gone', 'The project is gone', 'List the projects with: bastide projects');

export const inputInvalid = () =>
  new Refusal(
    'keys_input_invalid',
    'The request for a key names no project',
    'Report it with the operation id.',
  );
