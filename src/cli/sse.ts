/** A server-sent event (WHATWG HTML 9.2), its data parsed. */
export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

function parseBlock(block: string): ServerEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields.set(name, value ?? '');
  }
  const data = fields.get('data');
  if (data === undefined) return undefined;
  try {
    return { id: fields.get('id'), event: fields.get('event') ?? 'message', data: JSON.parse(data) };
  } catch {
    return undefined;
  }
}

/** Events as they come in. A connection that breaks ends them; the caller asks again from the last id. */
export async function* parseEvents(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let pending = '';
  try {
    for await (const chunk of chunks) {
      pending += chunk;
      const blocks = pending.split('\n\n');
      pending = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parseBlock(block);
        if (event) yield event;
      }
    }
  } catch {
    // The connection broke: what is pending was not whole.
  }
}
