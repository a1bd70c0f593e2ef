import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { isConsistent } from '../../kernel/merkle.ts';
import { type NoteKey, openNote, parseCheckpoint } from '../../kernel/note.ts';
import { witnessConflict, witnessUnreachable } from './errors.ts';
import { claimed } from './parse.ts';
import type { Witness } from './port.ts';

/** A witness in memory; `down` makes it unreachable. */
export function memoryWitness(name: string): Witness & { down: boolean; readonly notes: string[] } {
  const notes: string[] = [];
  return {
    name,
    notes,
    down: false,
    async held() {
      return this.down ? witnessUnreachable(name, 'down') : [...notes];
    },
    async publish({ size, note }) {
      if (this.down) return witnessUnreachable(name, 'down');
      const last = claimed(notes.at(-1) ?? '');
      if (last && last.size === size && claimed(note)?.root.equals(last.root)) return [];
      if (last && last.size >= size) return witnessConflict(name, size, last.size);
      notes.push(note);
      return [];
    },
  };
}

/** A witness as c2sp.org/tlog-witness has it, on a loopback port, for one log. It signs with nothing. */
export async function startWitness(key: NoteKey) {
  let size = 0;
  let root: Buffer = Buffer.alloc(0);
  const notes: string[] = [];
  const judge = (body: string): [status: number, said: string] => {
    const at = body.indexOf('\n\n');
    const [first = '', ...proof] = body.slice(0, at).split('\n');
    const note = body.slice(at + 2);
    const signed = openNote(note, key);
    const read = signed === undefined ? undefined : parseCheckpoint(signed);
    if (!read) return [403, 'not signed'];
    const older = Number(first.replace(/^old /, ''));
    if (older > read.size) return [400, 'older is newer'];
    if (older !== size) return [409, `${size}\n`];
    const hashes = proof.map((line) => Buffer.from(line, 'base64'));
    if (size > 0 && !isConsistent({ size, root }, read, hashes))
      return read.size === size ? [409, `${size}\n`] : [422, 'inconsistent'];
    size = read.size;
    root = read.root;
    notes.push(note);
    return [200, '— witness.example AAAAAAAA\n'];
  };
  const server = createServer(async (request, response) => {
    const known = request.method === 'POST' && request.url === '/add-checkpoint';
    const [status, said] = known ? judge(await text(request)) : [404, ''];
    response.writeHead(status).end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    notes,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
