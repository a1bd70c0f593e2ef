import { Refusal } from '../../kernel/refusal.ts';

export const projectGone = () =>
  new Refusal('keys_project_gone', 'The project is gone', 'List the projects with: bastide projects');

export const inputInvalid = () =>
  new Refusal(
    'keys_input_invalid',
    'The request for a key names no project',
    'Report it with the operation id.',
  );

export const noKey = () =>
  new Refusal(
    'keys_none',
    'The project has no key: it is being created or was erased',
    'Wait for its operation to end, then try again.',
  );

export const noGeneration = (generation: number) =>
  new Refusal(
    'keys_no_generation',
    `The project's key has no generation ${generation}`,
    'List them with: bastide keys --project NAME',
  );

export const noRootKey = (id: string) =>
  new Refusal('keys_no_root_key', `There is no root key ${id}`, 'List them with: bastide keys --root');

export const stillSealed = (generation: number) =>
  new Refusal(
    'keys_still_sealed',
    `Something is sealed to generation ${generation} again`,
    'Nothing to do: it is looked at again.',
  );

export const rotationRaced = () =>
  new Refusal(
    'keys_raced',
    'Another rotation of the same key was faster',
    'Nothing to do: the key is new already.',
  );
