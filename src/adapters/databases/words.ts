/** The part of an id that is random, as names in a server carry it. */
export const shortId = (id: string): string => id.replaceAll('-', '').slice(-12);
