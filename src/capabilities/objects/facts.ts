/** One app that knows the object store. */
export interface AttachmentFacts {
  readonly id: string;
  readonly app: string;
  readonly detaching: boolean;
  /** Credential that its config vars have; 0: none. */
  readonly credential: number;
  /** The release that took them to what runs; null where nothing runs or none was asked for. */
  readonly release: { readonly id: string; readonly status: string } | null;
  readonly live: boolean;
}

/** What is true about one object store. */
export interface StoreFacts {
  readonly store: { readonly name: string; readonly credential: number } | undefined;
  /** Generations of the credentials that are kept. */
  readonly credentials: readonly number[];
  readonly attachments: readonly AttachmentFacts[];
}
