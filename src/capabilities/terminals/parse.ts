import { z } from 'zod';

const Header = z.object({ version: z.literal(2), width: z.int(), height: z.int() });
const Event = z.tuple([z.number(), z.string(), z.string()]);

export interface Played {
  /** Seconds since the start. */
  readonly at: number;
  readonly code: string;
  readonly text: string;
}

const json = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** PURE. Whether a line is the header of an asciicast v2. */
export const isHeader = (line: string): boolean => Header.safeParse(json(line)).success;

/** PURE. One line after the header; undefined where it is none. */
export function parseEvent(line: string): Played | undefined {
  const { data } = Event.safeParse(json(line));
  return data && { at: data[0], code: data[1], text: data[2] };
}
