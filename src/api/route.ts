import { z } from 'zod';
import type { Decide } from '../capabilities/access/decide.ts';
import type { Action, Actor } from '../capabilities/access/model.ts';
import type { Door } from '../capabilities/access/throttle.ts';
import type { TenantDb } from '../db/transaction.ts';
import type { Outcome, Refusal } from '../kernel/refusal.ts';

/**
 * What a route is about; the frame looks it up by the path parameter of the same name, asks decide.ts, and binds the
 * database to it. `list` reads across the organizations in which the actor may do the action; `self` is the actor.
 */
export interface Scopes {
  organization: { readonly organizationId: string; readonly name: string };
  project: { readonly organizationId: string; readonly projectId: string; readonly name: string };
  app: {
    readonly organizationId: string;
    readonly projectId: string;
    readonly appId: string;
    readonly name: string;
  };
  operation: {
    readonly organizationId: string | null;
    readonly operationId: string;
    readonly projectId: string | null;
    readonly appId: string | null;
    /** Asked for by staff under this grant. */
    readonly grantId: string | null;
  };
  database: {
    readonly organizationId: string;
    readonly projectId: string;
    readonly databaseId: string;
    readonly name: string;
  };
  platform: { readonly organizationId: null };
  list: { readonly organizationIds: readonly string[] };
  self: { readonly accountId: string };
}
export type ResourceKind = keyof Scopes;

export interface Permission<K extends ResourceKind = ResourceKind> {
  readonly action: Action;
  readonly resource: K;
  /** Dangerous: asks for a second factor that was proven in the last ten minutes. */
  readonly stepUp?: true;
  /** Only a person who is signed in; a token is refused, whatever its account may. */
  readonly person?: true;
  /** Open to a session whose second factor is still to come. Without it, such a session gets nothing. */
  readonly half?: true;
}

/** What a handler asks the agent to do. The scope fills in the ids that are left out. */
export interface Work {
  /** capability.verb, for example `apps.deploy`. */
  readonly kind: string;
  /** Operations with the same target never run at the same time, for example `app:<id>`. */
  readonly target: string;
  readonly input: unknown;
  readonly organizationId?: string | null;
  readonly projectId?: string;
  readonly appId?: string;
}

export interface ContextBase<K extends ResourceKind = ResourceKind> {
  readonly actor: Actor;
  readonly scope: Scopes[K];
  readonly now: Date;
  readonly requestId: string;
  /** The client's address as the edge reports it. */
  readonly sourceAddress: string | undefined;
  /** Why, in the person's words (header `x-bastide-reason`, CLI `--reason`). */
  readonly reason: string | undefined;
  /** The grant of staff access that the request rests on: what is begun under it is recorded and ends with it. */
  readonly grant: string | undefined;
}

/** A handler's world: one transaction, bound to the scope's tenant. A refusal rolls it back. */
export interface Context<K extends ResourceKind = ResourceKind> extends ContextBase<K> {
  readonly db: TenantDb;
  /** What the policies say of somebody else: for explaining, never for passing. */
  readonly decide: Decide;
  /** Records the wish, the operation and the audit line in this transaction. */
  submit(work: Work): Promise<{ readonly operationId: string }>;
}

/** The world of a handler that streams: no transaction is held open; each look is one of its own. */
export interface StreamContext<K extends ResourceKind = ResourceKind> extends ContextBase<K> {
  tenant<T>(fn: (db: TenantDb) => Promise<T>): Promise<T>;
  /** Resolves when something was logged for the operation, after `ms` at the latest, or when the client is gone. */
  woken(operationId: string, ms: number): Promise<void>;
  readonly signal: AbortSignal;
}

export interface StreamEvent {
  /** What the client sends back as Last-Event-ID to go on from here. */
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

/** A file that was taken in: a name the server made, in the uploads directory. */
export interface Upload {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export type Infer<S> = S extends z.ZodType ? z.output<S> : undefined;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Schema = z.ZodType | undefined;

/** What a row takes that could be guessed. The frame counts the try before the handler judges it. */
export interface Guesses {
  readonly door: Door;
  /** Whose it is, out of the body; the actor's own where this is left out; a public row without it is about no account. */
  readonly account?: (body: unknown) => string | undefined;
  /** Codes of the refusals that say it was wrong; any other outcome but success does not count. None: nothing is judged. */
  readonly wrong: readonly string[];
  /** A number that is never exceeded, of a half session or of a network. */
  readonly most?: {
    readonly tries: number;
    readonly of: 'session' | 'network';
    readonly refusal: () => Refusal;
  };
}

interface Head<K extends ResourceKind, P extends Schema, Q extends Schema> {
  readonly method: Method;
  /** For example `/v1/apps/:app/domains`. */
  readonly path: `/${string}`;
  /** Stable, camelCase, unique: the name in the OpenAPI document. */
  readonly operationId: string;
  readonly permission: Permission<K>;
  readonly summary: string;
  /** strictObject schemas, each field with a description. */
  readonly params?: P;
  readonly query?: Q;
  readonly guesses?: Guesses;
}

export interface RouteRow<
  K extends ResourceKind = ResourceKind,
  P extends Schema = Schema,
  Q extends Schema = Schema,
  B extends Schema = Schema,
  R extends z.ZodType = z.ZodType,
> extends Head<K, P, Q> {
  readonly body?: B;
  readonly response: R;
  /** 200 unless told; 202 where an operation was submitted, 201 where a thing was made at once. */
  readonly status?: 200 | 201 | 202;
  handler(
    ctx: Context<K>,
    input: { params: Infer<P>; query: Infer<Q>; body: Infer<B> },
  ): Promise<Outcome<z.input<R>>>;
}

export interface EventsRow<
  K extends ResourceKind = ResourceKind,
  P extends Schema = Schema,
  Q extends Schema = Schema,
> extends Head<K, P, Q> {
  events(
    ctx: StreamContext<K>,
    input: { params: Infer<P>; query: Infer<Q>; lastEventId: string | undefined },
  ): AsyncIterable<StreamEvent>;
}

export interface UploadRow<
  K extends ResourceKind = ResourceKind,
  P extends Schema = Schema,
  Q extends Schema = Schema,
  R extends z.ZodType = z.ZodType,
> extends Head<K, P, Q> {
  /** The one content type that is taken, and the most bytes. */
  readonly accepts: string;
  readonly maxBytes: number;
  readonly response: R;
  readonly status?: 200 | 201 | 202;
  /** The upload is complete and on disk; a refusal removes it again. */
  handler(
    ctx: Context<K>,
    input: { params: Infer<P>; query: Infer<Q>; upload: Upload },
  ): Promise<Outcome<z.input<R>>>;
}

/** A file that the agent made: a path that no client names, and what it is called when it is saved. */
export interface FileAnswer {
  readonly path: string;
  /** Letters, digits, dots and dashes. */
  readonly name: string;
}

export interface FileRow<K extends ResourceKind = ResourceKind, P extends Schema = Schema>
  extends Head<K, P, undefined> {
  readonly response: z.ZodType;
  readonly status?: 200;
  readonly body?: undefined;
  handler(ctx: Context<K>, input: { params: Infer<P> }): Promise<Outcome<FileAnswer>>;
}

export interface StreamRow<K extends ResourceKind = ResourceKind, P extends Schema = Schema>
  extends Head<K, P, undefined> {
  readonly method: 'GET';
  /** Whether the person may join; gives the operation whose agent is at the other end. Asked before the upgrade. */
  join(ctx: Context<K>, input: { params: Infer<P> }): Promise<Outcome<{ readonly operationId: string }>>;
}

/** A row without a permission: for anybody at all. Only those on the list in table.ts may exist. */
export interface PublicRow<B extends Schema = Schema, R extends z.ZodType = z.ZodType> {
  readonly method: Method;
  readonly path: `/${string}`;
  readonly operationId: string;
  readonly permission: 'public';
  readonly summary: string;
  readonly body?: B;
  /** A row that takes a body says what of it could be guessed, or that nothing could. */
  readonly guesses?: Guesses | 'nothing';
  readonly response: R;
  readonly status?: 200 | 201;
  handler(ctx: PublicContext, input: { body: Infer<B> }): Promise<Outcome<z.input<R>>>;
}

export interface PublicContext {
  /** Bound to sign-in: accounts and tokens, nothing of any tenant. */
  signIn<T>(fn: (db: TenantDb) => Promise<T>): Promise<T>;
  operator<T>(fn: (db: TenantDb) => Promise<T>): Promise<T>;
  readonly now: Date;
  readonly requestId: string;
  readonly sourceAddress: string | undefined;
}

/** A row of the one table, its own types forgotten. */
export type Row =
  | ({ readonly form: 'json' } & RouteRow)
  | ({ readonly form: 'events' } & EventsRow)
  | ({ readonly form: 'upload' } & UploadRow)
  | ({ readonly form: 'file' } & FileRow)
  | ({ readonly form: 'stream' } & StreamRow)
  | ({ readonly form: 'public' } & PublicRow);

/** A route that answers with JSON. */
export const route = <
  K extends ResourceKind,
  P extends Schema = undefined,
  Q extends Schema = undefined,
  B extends Schema = undefined,
  R extends z.ZodType = z.ZodType,
>(
  row: RouteRow<K, P, Q, B, R>,
): Row => ({ form: 'json', ...row }) as unknown as Row;

/** A route that answers with a stream of server-sent events. */
export const eventsRoute = <
  K extends ResourceKind,
  P extends Schema = undefined,
  Q extends Schema = undefined,
>(
  row: EventsRow<K, P, Q>,
): Row => ({ form: 'events', ...row }) as unknown as Row;

/** A route that takes one file. */
export const uploadRoute = <
  K extends ResourceKind,
  P extends Schema = undefined,
  Q extends Schema = undefined,
  R extends z.ZodType = z.ZodType,
>(
  row: UploadRow<K, P, Q, R>,
): Row => ({ form: 'upload', ...row }) as unknown as Row;

/** A route that answers with a file. */
export const fileRoute = <K extends ResourceKind, P extends Schema = undefined>(
  row: Omit<FileRow<K, P>, 'response'>,
): Row => ({ form: 'file', response: z.string(), ...row }) as unknown as Row;

/** A route that joins a WebSocket to the agent's half of a session. */
export const streamRoute = <K extends ResourceKind, P extends Schema = undefined>(
  row: Omit<StreamRow<K, P>, 'method'>,
): Row => ({ form: 'stream', method: 'GET', ...row }) as unknown as Row;

/** A route for anybody. */
export const publicRoute = <B extends Schema = undefined, R extends z.ZodType = z.ZodType>(
  row: PublicRow<B, R>,
): Row => ({ form: 'public', ...row }) as unknown as Row;
