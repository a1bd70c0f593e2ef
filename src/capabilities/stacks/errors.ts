import { Refusal } from '../../kernel/refusal.ts';

export const stackUnknown = (name: string, known: readonly string[]): Refusal =>
  new Refusal('stack_unknown', `There is no stack named ${name}`, `Use one of: ${known.join(', ')}.`);

export const stackRecipeInvalid = (name: string, why: string): Refusal =>
  new Refusal(
    'stack_recipe_invalid',
    `stacks/${name}/stack.yaml is not a recipe: ${why}`,
    'Put the recipe right; stacks/README.md describes each key.',
  );

export const stackUnclean = (name: string, findings: readonly string[]): Refusal =>
  new Refusal(
    'stack_unclean',
    `The stack ${name} came out with what no stack may hold: ${findings.slice(0, 5).join('; ')}`,
    'Drop it in the recipe (key drop) or leave out the package that brings it.',
    { findings: [...findings] },
  );

export const stackBuildFailed = (name: string, why: string): Refusal =>
  new Refusal(
    'stack_build_failed',
    `The stack ${name} could not be built: ${why}`,
    'Try again; npm run doctor checks the machine.',
  );
