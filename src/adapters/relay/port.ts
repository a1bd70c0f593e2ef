import type { Outcome, Refusal } from '../../kernel/refusal.ts';
import type { Channel, FromPerson, ToPerson } from '../../kernel/terminal.ts';

export type FromLine = FromPerson | { readonly type: 'data'; readonly data: Buffer };

/** The agent's end of a session: a person is at the other one, the API in the middle. */
export interface Line {
  /** Resolves when the person is there. Refuses `session_unattended` after `ms`. */
  joined(ms: number): Promise<Outcome<void>>;
  /** What the person sends, at the pace at which it is read; ends when the line does. */
  readonly input: AsyncIterable<FromLine>;
  /** Resolves when it is on its way, so that a slow reader slows the program. */
  send(channel: Channel, data: Buffer): Promise<void>;
  tell(message: ToPerson): Promise<void>;
  refuse(refusal: Refusal): Promise<void>;
  /** Aborts when the line is gone: the person left, or the API ended it. */
  readonly gone: AbortSignal;
  close(): void;
}

/**
 * Lines to people, by the id of their operation. The agent calls; it listens nowhere. Promises: nothing is sent to a
 * socket that is not the API's own; a message that is not in the protocol ends the line.
 */
export interface Relay {
  /** Refuses `session_unreachable`. */
  dial(operationId: string): Promise<Outcome<Line>>;
}
