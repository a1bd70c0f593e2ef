import { type Page, proseOf } from './pages.ts';

/** The vocabulary has one word for each thing (docs/vocabulary.md); these are the others. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bdynos?\b/i, 'replica'],
  [
    /\b(env(ironment)? vars?|environment variables?)\b/i,
    'config var (what the platform sets itself is `PORT`, by name)',
  ],
  [/\badd-?ons?\b/i, 'database'],
  [/\bbuildpacks?\b/i, 'stack'],
  [/\baudit trail\b/i, 'audit log'],
  [/\b(reverse proxy|ingress)\b/i, 'edge'],
  [/\bbase images?\b/i, 'stack'],
  [/\bworkspaces?\b/i, 'organization'],
  [/\bwebsites?\b/i, 'app'],
  [
    /\b(unhackable|bulletproof|military[- ]grade|bank[- ]grade|100 ?% secure|zero[- ]trust)\b/i,
    'what was tried, and what held',
  ],
  [
    /\b(blazing(ly)?|seamless(ly)?|effortless(ly)?|world[- ]class|cutting[- ]edge|next[- ]gen\w*)\b/i,
    'a number',
  ],
  [/\b(simply|obviously|of course)\b/i, 'nothing: leave it out'],
  [/\bTODO|FIXME|TBD|lorem ipsum\b/, 'what is true today, or "not yet"'],
  [/(^|[\s`"'(])\/(home|root|Users|work)\//, 'a path that every reader has'],
];

/** Pages that speak another platform's language on purpose, or record how a word was chosen. */
const BILINGUAL = /coming-from-|^docs\/decisions\/|vocabulary\.md$|^docs\/reference\//;

/** Words that the documentation does not use, each with the one it does. */
export const wrongWords = (pages: readonly Page[]): string[] =>
  pages
    .filter(({ path }) => !BILINGUAL.test(path))
    .flatMap((page) =>
      proseOf(page).flatMap((line, index) =>
        WORDS.flatMap(([word, instead]) => {
          const found = word.exec(line);
          return found ? [`${page.path}:${index + 1} says "${found[0].trim()}"; say ${instead}`] : [];
        }),
      ),
    );
