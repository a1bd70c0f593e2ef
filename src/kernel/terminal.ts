import { z } from 'zod';

/** The first byte of a binary message of a session: which of the program's three streams it belongs to. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2 } as const;
export type Channel = keyof typeof CHANNEL;

/** Bytes of one message at most; a longer one ends the session. */
export const MAX_MESSAGE = 64 * 1024;
/** Bytes of one piece of output or input: what fits into a message with its first byte. */
export const PIECE = 32 * 1024;

const side = z.int().min(1).max(1000);

/** A terminal's size in characters. */
export const Size = z.strictObject({
  columns: side.meta({ description: 'Characters in a line', example: 80 }),
  rows: side.meta({ description: 'Lines', example: 24 }),
});
export type Size = z.infer<typeof Size>;

/** What somebody who opens a session asks for; `record` is decided by whoever lets them in. */
export const SessionOptions = z.strictObject({
  terminal: Size.nullable()
    .default(null)
    .meta({ description: 'Size of the terminal; null: plain streams, standard output and errors apart' }),
  term: z
    .string()
    .regex(/^[a-z0-9][a-z0-9+._-]{0,31}$/i)
    .default('xterm-256color')
    .meta({ description: 'The kind of terminal (TERM)', example: 'xterm-256color' }),
  seconds: z.int().min(1).max(86_400).default(3600).meta({ description: 'How long it may take' }),
  record: z
    .boolean()
    .default(false)
    .meta({ description: 'Keep what is typed and shown. If it cannot be kept, the session ends' }),
});
export type SessionOptions = z.infer<typeof SessionOptions>;

/** Whether a session is recorded: where it was asked for, and always under a grant of staff access. */
export const isRecorded = ({ record }: SessionOptions, grant: string | undefined): boolean =>
  record || grant !== undefined;

/** Text messages of the person's side. */
export const FromPerson = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('resize'), columns: side, rows: side }),
  /** No more input comes; output goes on. */
  z.strictObject({ type: z.literal('end') }),
]);
export type FromPerson = z.infer<typeof FromPerson>;

/** Text messages to the person's side; `joined` is said by the API to the agent alone. */
export const ToPerson = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('started'), recorded: z.boolean() }),
  z.strictObject({ type: z.literal('exit'), code: z.int() }),
  z.strictObject({
    type: z.literal('refused'),
    code: z.string(),
    message: z.string(),
    next: z.string(),
  }),
]);
export type ToPerson = z.infer<typeof ToPerson>;
export const JOINED = 'joined';

/** A binary message. */
export const pack = (channel: Channel, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(CHANNEL[channel]), data]);

/** The same, read; undefined where there is no such channel. */
export function unpack(message: Buffer): { readonly channel: Channel; readonly data: Buffer } | undefined {
  const channel = (Object.keys(CHANNEL) as Channel[]).find((name) => CHANNEL[name] === message[0]);
  return channel && { channel, data: message.subarray(1) };
}

/** A text message by its schema; undefined where it is none. */
export function readMessage<S extends z.ZodType>(schema: S, text: string): z.output<S> | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Pieces that fit into messages. */
export function* pieces(data: Buffer): Generator<Buffer> {
  for (let from = 0; from < data.length; from += PIECE) yield data.subarray(from, from + PIECE);
}
