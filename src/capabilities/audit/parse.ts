/** The notes of a witness's file: JSON lines with a `note` (or `checkpoint`, as exports have it), or one note as it is. */
export function parseWitnessFile(text: string): string[] {
  if (!text.startsWith('{')) return text.includes('\n\n') ? [text] : [];
  return text.split('\n').flatMap((line) => {
    try {
      const { note, checkpoint } = JSON.parse(line) as { note?: unknown; checkpoint?: unknown };
      const one = note ?? checkpoint;
      return typeof one === 'string' ? [one] : [];
    } catch {
      return [];
    }
  });
}
