import { Refusal } from '../../kernel/refusal.ts';

export const registryUnreachable = (host: string, why: string): Refusal =>
  new Refusal(
    'registry_unreachable',
    `The registry at ${host} does not answer: ${why}`,
    'Run npm run doctor; the registry is a service of the system project.',
  );

export const registryRefused = (what: string, status: number, said: string): Refusal =>
  new Refusal(
    'registry_refused',
    `The registry refused to ${what} (${status}): ${said.slice(0, 300)}`,
    'Look at the registry log; a full disk and an expired certificate are the usual causes.',
  );

export const imageMissing = (name: string): Refusal =>
  new Refusal(
    'image_missing',
    `${name} is not in the registry`,
    'Deploy the app again, or push the image first.',
  );

export const imageAltered = (name: string): Refusal =>
  new Refusal(
    'image_altered',
    `What the registry or the build holds as ${name} does not have that digest`,
    'Do not run it. Build again; if that repeats, check the disk and who can write to it.',
  );

export const imageNotOnStack = (stack: string): Refusal =>
  new Refusal(
    'image_not_on_stack',
    `The image does not begin with the layers of ${stack}`,
    'Let the Dockerfile start with FROM bastide/<stack> in its last stage, and do not squash layers.',
  );
