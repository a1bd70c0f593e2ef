/** Rows of the table `entries` to a megabyte of its dump, about. */
export const ROWS_A_MB = 3700;
/** Rows in a statement. */
const BATCH = 100_000;

/**
 * What a row says, from `g`, its number: always the same, two thirds of it nothing that compresses well, so that a dump
 * shrinks to a third. Rows of another salt say something else.
 */
export const content = (salt = ''): string =>
  `repeat('what people write repeats itself; ', 3)${['a', 'b', 'c', 'd', 'e'].map((part) => ` || md5(g || '${salt}${part}')`).join('')}`;

export const CREATE_ENTRIES = 'create table entries (n bigint primary key, what text not null);';

/** Statements that add the rows of these numbers, a part at a time. */
export const insertRows = (first: number, last: number): string[] =>
  Array.from({ length: Math.ceil((last - first + 1) / BATCH) }, (_, i) => {
    const from = first + i * BATCH;
    const to = Math.min(from + BATCH - 1, last);
    return `insert into entries select g, ${content()} from generate_series(${from}, ${to}) g;`;
  });
