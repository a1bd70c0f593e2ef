/** A name as MariaDB takes it, whoever gave it. */
export const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A text constant of our own: names that we made, hashes. Anything with a quote is a bug. */
export const text = (value: string): string => {
  if (/['"\\\0\n]/.test(value)) throw new Error('this cannot be a text constant');
  return `'${value}'`;
};

/** In a grant `_` and `%` stand for others: ours are meant as they are. */
export const grantedDatabase = (name: string): string => identifier(name.replace(/[_%]/g, '\\$&'));
