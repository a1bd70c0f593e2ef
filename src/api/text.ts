/** PostgreSQL's text holds no NUL, and its JSON no half of a surrogate pair. */
const unfit = (text: string): boolean => text.includes('\0') || !text.isWellFormed();

/** The first place in a parsed body whose text cannot be stored; undefined where all is fit. */
export function unfitText(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return unfit(value) ? path || 'body' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const at = unfit(key) ? path || 'body' : unfitText(inner, path ? `${path}.${key}` : key);
    if (at !== undefined) return at;
  }
  return undefined;
}

/** The reason somebody gives, percent-encoded in its header; nothing where it cannot be read. */
export function decodeReason(header: unknown): string | undefined {
  if (typeof header !== 'string' || header.length > 2000) return undefined;
  try {
    const text = decodeURIComponent(header).trim().slice(0, 500);
    return text === '' || unfit(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
