import { newId } from '../../kernel/id.ts';
import { databaseConformance } from './conformance.ts';
import { makeMemoryDatabases } from './memory.ts';
import type { Instance } from './port.ts';

const memory = makeMemoryDatabases();
const instance = (name: string): Instance => ({
  id: newId(),
  name,
  version: '15',
  limits: { memoryBytes: 1, cpus: 1, connections: 20, diskBytes: 1 },
  host: `${name}.db`,
});
const [session, other] = [memory.session(instance('one')), memory.session(instance('two'))];

databaseConformance('memory', () => ({
  engine: memory.engine,
  session,
  other,
  getsIn: async ({ instance: { id } }, { user, password }) => memory.getsIn(id, user, password.reveal()),
  write: async ({ instance: { id } }, { user, password }, what) => {
    if (!memory.getsIn(id, user, password.reveal())) throw new Error('nobody let it in');
    if (memory.server(id).held) throw new Error('its writes are held');
    memory.server(id).rows.push(what);
  },
}));
