import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { listRecipes, loadRecipe, parseRecipe } from './observe.ts';

const recipes = join(import.meta.dirname, '../../../stacks');
const names = await listRecipes(recipes);

describe('the recipes', () => {
  it('are those that the platform and its apps need', () => {
    expect(names).toEqual(
      expect.arrayContaining(['builder', 'edge', 'node', 'php', 'postgres', 'python', 'registry', 'static']),
    );
  });

  it.each(names)('%s is sound, and its user is not root', async (name) => {
    const { recipe } = must(await loadRecipe(recipes, name));
    expect(recipe.user.uid).toBeGreaterThan(0);
  });

  it('name no host: mirrors come from the machine', async () => {
    for (const name of names) {
      const { recipe } = must(await loadRecipe(recipes, name));
      expect(JSON.stringify(recipe)).not.toMatch(/https?:/);
    }
  });

  it('share one Node between running and building', async () => {
    const [node, build] = [
      must(await loadRecipe(recipes, 'node')),
      must(await loadRecipe(recipes, 'node-build')),
    ];
    const pins = (of: typeof node) =>
      of.recipe.npm.map(({ name, version, integrity }) => [name, version, integrity]);
    expect(pins(build)).toEqual(pins(node));
    expect(build.recipe.abi).toBe(node.recipe.abi);
  });

  it.each(['nothing', '../apps', 'constructor'])('there is none named %s', async (name) => {
    expect(await loadRecipe(recipes, name)).toMatchObject({ code: 'stack_unknown' });
  });

  it.each([
    ['an unknown key', 'name: x\nextra: 1'],
    ['no mapping', '- a'],
    ['no YAML', 'a: [b'],
  ])('refuse %s', (_what, text) => {
    expect(parseRecipe('x', text)).toMatchObject({ code: 'stack_recipe_invalid' });
  });
});
