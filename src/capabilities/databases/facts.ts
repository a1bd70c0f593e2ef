import type { EngineName } from './model.ts';

/** One app that knows the database. */
export interface AttachmentFacts {
  readonly id: string;
  readonly appId: string;
  readonly app: string;
  readonly main: boolean;
  readonly detaching: boolean;
  /** Generation that its config vars have; 0: none. */
  readonly credential: number;
  /** The release that took them to what runs; null where nothing runs or none was asked for. */
  readonly release: { readonly id: string; readonly status: string } | null;
  readonly live: boolean;
}

/** How the server of a database is: what it needs, and whether it answers. */
export interface ServerFacts {
  readonly database: {
    readonly id: string;
    readonly name: string;
    readonly projectId: string;
    readonly engine: EngineName;
    readonly version: string;
    readonly status: 'creating' | 'ready' | 'suspended' | 'destroying' | 'destroyed';
    readonly credential: number;
    readonly incarnation: number;
    readonly previous: { readonly incarnation: number; readonly version: string } | null;
    readonly extensions: readonly string[];
  };
  readonly networkReady: boolean;
  readonly storageReady: boolean;
  /** Directories below the project's storage that are not there yet, with the user that they are for. */
  readonly missing: readonly { readonly path: string; readonly uid: number }[];
  /** Its configuration is written, with a certificate that is valid for a while. */
  readonly configured: boolean;
  /** The server read the certificate that is there now. */
  readonly served: boolean;
  readonly service: { readonly replicas: number } | null;
  /** Its server answers. */
  readonly ready: boolean;
}

/** Everything that a plan for a database looks at. */
export interface DatabaseFacts extends ServerFacts {
  /** Any file of it is left. */
  readonly stored: boolean;
  readonly credentials: readonly { readonly generation: number; readonly status: string }[];
  readonly attachments: readonly AttachmentFacts[];
  /** Keys of steps of this operation that are done. */
  readonly done: ReadonlySet<string>;
}
