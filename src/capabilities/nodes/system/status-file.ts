import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { emptyStatus, type Report, type Status, withReport } from './status.ts';

/** Keeps the status file up to date, one report after the other; each write is swapped in whole. */
export function makeStatusFile(path: string, now: () => number = Date.now) {
  let status: Status = emptyStatus(process.pid);
  let writing: Promise<void> = Promise.resolve();
  const write = () => {
    const text = `${JSON.stringify(status)}\n`;
    writing = writing
      .then(async () => {
        await mkdir(dirname(path), { recursive: true, mode: 0o711 });
        await writeFile(`${path}.new`, text, { mode: 0o644 });
        await rename(`${path}.new`, path);
      })
      // Without a status file the platform still runs; npm start then says that it sees none.
      .catch(() => {});
  };
  write();
  return {
    report: (report: Report): void => {
      status = withReport(status, report, new Date(now()).toISOString());
      write();
    },
    /** Resolves when everything reported so far is on disk. */
    flushed: (): Promise<void> => writing,
  };
}
