/**
 * A text of 32 characters in two halves of which neither says anything alone. `mask` is 64 random hexadecimal digits,
 * good for one text.
 */
export function masked(text: string, mask: string): { readonly mask: string; readonly masked: string } {
  const key = Buffer.from(mask, 'hex');
  const plain = Buffer.from(text);
  if (key.length !== plain.length) throw new Error('the mask is not as long as the text');
  return { mask, masked: Buffer.from(plain.map((byte, i) => byte ^ key[i]!)).toString('hex') };
}
