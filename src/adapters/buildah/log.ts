/** Bytes of log that a build may leave. */
export const LOG_LIMIT = 4 * 1024 ** 2;

/** Hands lines on until there are too many, then says so once. The build itself goes on. */
export function logLimit(onLine: (line: string) => void, limit = LOG_LIMIT): (line: string) => void {
  let bytes = 0;
  let cut = false;
  return (line) => {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes <= limit) onLine(line);
    else if (!cut) {
      cut = true;
      onLine(`(The log is cut here: a build's log has at most ${Math.floor(limit / 1024 ** 2)} MiB.)`);
    }
  };
}
