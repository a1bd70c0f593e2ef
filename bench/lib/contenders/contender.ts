/** What every contender serves: so many names under `.bench.test`, TLS, one place that answers. */
export interface Site {
  readonly routes: number;
  readonly port: number;
  /** Where the app answers over HTTP. */
  readonly app: { readonly address: string; readonly port: number };
  /** The contender's own directory. */
  readonly directory: string;
  /** PEM, for `*.bench.test`; P-256. */
  readonly certificate: string;
  readonly key: string;
}

export interface Contender {
  readonly name: string;
  readonly routes: number;
  readonly port: number;
  readonly files: ReadonlyMap<string, string>;
  readonly argv: readonly string[];
}

export const DOMAIN = 'bench.test';
export const hostName = (route: number): string => `app${route}.${DOMAIN}`;

/** The numbers of the routes: 1 … n. */
export const routeNumbers = (site: Site): number[] => Array.from({ length: site.routes }, (_, i) => i + 1);
