/** The first WAL segment that a base backup needs, from the label at the front of its tar. */
export const firstSegment = (head: string): string | undefined =>
  /START WAL LOCATION: [0-9A-F]+\/[0-9A-F]+ \(file ([0-9A-F]{24})\)/.exec(head)?.[1];

export const isSegment = (name: string): boolean => /^[0-9A-F]{24}$/.test(name);

/** What the archive keeps: segments and the histories of timelines. */
export const isArchived = (name: string): boolean => /^([0-9A-F]{24}|[0-9A-F]{8}\.history)$/.test(name);

/** `now|segment`: at that moment, everything committed is in that segment or before it. */
export function parseMark(line: string): { readonly at: Date; readonly segment: string } | undefined {
  const [at = '', segment = ''] = line.trim().split('|');
  const time = new Date(at);
  return isSegment(segment) && !Number.isNaN(time.getTime()) ? { at: time, segment } : undefined;
}
