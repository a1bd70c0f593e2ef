/** Two halves that are one text only together, as lower-case hexadecimal digits. */
export function unmask({ mask, masked }: { mask: string; masked: string }): string {
  const left = Buffer.from(mask, 'hex');
  const right = Buffer.from(masked, 'hex');
  return Buffer.from(left.map((byte, i) => byte ^ right[i]!)).toString('latin1');
}

/** A text as it may lie somewhere: as it is, in base64 at each of three places, in hexadecimal, in UTF-16. */
export function formsOf(text: string): Buffer[] {
  const plain = Buffer.from(text);
  const shifted = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before, 'x'), plain]);
    const whole = bytes.toString('base64').replaceAll('=', '');
    // The digits at the ends mix with the neighbours' bits: only those in between are always the same.
    return Buffer.from(whole.slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)));
  });
  return [plain, ...shifted, Buffer.from(plain.toString('hex')), Buffer.from(text, 'utf16le')];
}

/** How often any of the needles begins in the first `until` bytes. */
export function count(haystack: Buffer, needles: readonly Buffer[], until: number): number {
  let hits = 0;
  for (const needle of needles)
    for (let at = haystack.indexOf(needle); at >= 0 && at < until; at = haystack.indexOf(needle, at + 1))
      hits += 1;
  return hits;
}
