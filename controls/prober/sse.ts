export interface Event {
  readonly event: string;
  readonly data: unknown;
}

/** PURE. A stream of server-sent events that has ended, as its events. What is no JSON is left out. */
export function parseEvents(text: string): Event[] {
  return text
    .replaceAll('\r\n', '\n')
    .split('\n\n')
    .flatMap((block) => {
      const lines = block.split('\n');
      const event = lines
        .find((line) => line.startsWith('event:'))
        ?.slice(6)
        .trim();
      const data = lines
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n');
      if (!event || data === '') return [];
      try {
        return [{ event, data: JSON.parse(data) as unknown }];
      } catch {
        return [];
      }
    });
}
