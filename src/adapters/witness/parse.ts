import { z } from 'zod';
import { type Checkpoint, parseCheckpoint } from '../../kernel/note.ts';

const Line = z.object({ note: z.string().max(10_000) });

/** The notes of a witness's file; a last line that was torn off is passed over. */
export function parseLines(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [Line.parse(JSON.parse(line)).note];
    } catch {
      return [];
    }
  });
}

/** What a note says, its signature aside. */
export const claimed = (note: string): Checkpoint | undefined =>
  parseCheckpoint(note.slice(0, note.lastIndexOf('\n\n') + 1));

/** The size that a witness says it has, of its answer 409. */
export const parseSize = (body: string): number | undefined => {
  const text = body.trim();
  return /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : undefined;
};

/** The signature lines of a witness's answer. */
export const parseCosignatures = (body: string): string[] =>
  body.split('\n').filter((line) => /^— \S+ [A-Za-z0-9+/=]+$/.test(line));
