/** The body of C2SP tlog-witness' add-checkpoint: what it has, the proof from there, and the checkpoint. */
export const renderAdd = (older: number, proof: readonly Buffer[], note: string): string =>
  [`old ${older}`, ...proof.map((hash) => hash.toString('base64')), '', note].join('\n');

/** A line of a witness's file. */
export const renderLine = (note: string): string => `${JSON.stringify({ note })}\n`;
