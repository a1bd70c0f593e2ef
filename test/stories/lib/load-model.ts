/** `slow` ones take 1.5 s and more: they are under way while replicas change. */
export type LoadKind = 'get' | 'getNew' | 'post' | 'slowGet' | 'slowPost';

export interface LoadPlan {
  readonly host: string;
  /** File with the authority, as the client's host sees it. */
  readonly ca: string;
  /** Requests a second of each kind. */
  readonly kinds: Readonly<Partial<Record<LoadKind, number>>>;
  /** What GET asks for; `/` unless told. */
  readonly path?: string;
}

export interface LoadResult {
  sent: number;
  answered: number;
  failed: number;
  readonly kinds: Partial<Record<LoadKind, { sent: number; failed: number }>>;
  /** The first fifty, each with when, what and why. */
  readonly failures: string[];
}

/** Every kind, together some forty requests a second. */
export const EVERY_KIND = { get: 20, getNew: 4, post: 8, slowGet: 3, slowPost: 2 } as const;
/** For sites that take no POST. */
export const ONLY_GET = { get: 20, getNew: 4 } as const;
