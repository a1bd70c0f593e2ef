import type { EdgeServer } from '../port.ts';

/**
 * Checked every second, twice a second while down; three failures in a row take it out, one success brings it back.
 * A refused connection is a failed check at once; silence is one after five seconds, because a machine that is short of
 * CPU for a moment answers late, and an app of one replica that is out answers nobody. At most 256 requests at a time, the rest waits in the queue.
 */
export const SERVER_OPTIONS =
  'check inter 1s fastinter 200ms downinter 500ms fall 3 rise 1 observe layer4 error-limit 1 on-error fastinter maxconn 256 pool-max-conn 64 pool-purge-delay 4s';

export const address = (server: EdgeServer): string => {
  const { target } = server;
  if ('socket' in target) return `unix@${target.socket}`;
  return target.address.includes(':')
    ? `[${target.address}]:${target.port}`
    : `${target.address}:${target.port}`;
};

/** A server without weight is checked and gets nothing. */
export const weight = (server: EdgeServer): number => (server.state === 'ready' ? 1 : 0);

/** The line of a server in the file, for the next start. */
export const serverLine = (server: EdgeServer): string =>
  `    server ${server.name} ${address(server)} weight ${weight(server)} ${SERVER_OPTIONS}\n`;
