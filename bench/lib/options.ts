import { parseArgs } from 'node:util';

/** Numbers from the command line, `--rounds=3`; each has a default. An unknown one is an error. */
export function numbers<const D extends Readonly<Record<string, number>>>(
  defaults: D,
  argv: readonly string[] = process.argv.slice(2),
): { readonly [K in keyof D]: number } {
  const { values } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
  });
  return Object.fromEntries(
    Object.entries(defaults).map(([name, otherwise]) => {
      const given = values[name];
      const value = given === undefined ? otherwise : Number(given);
      if (!(value >= 0)) throw new Error(`--${name} wants a number, not ${given}`);
      return [name, value];
    }),
  ) as { readonly [K in keyof D]: number };
}
