import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

/** Gateways, and where databases of all kinds listen. */
const PORTS = [5432, 6033, 3306, 33060, 5433, 6379, 6380, 1433, 1521, 8529, 9042, 9200, 11211, 27017, 28015];

/** Knocks at the platform's public address where databases and their gateways would answer. */
export default control({
  id: 'data/database-ports',
  claims: ['DAT-2'],
  sentence: 'No database and no gateway answers from the internet while no grant is open.',
  when: 'anytime',
  everyHours: 12,
  position: 'outside',
  arrange: async () => undefined,
  async attack(tools) {
    const edge = await tools.port(tools.address, 443);
    const ports = await Promise.all(
      PORTS.map(async (port) => ({ port, answer: await tools.port(tools.address, port) })),
    );
    return { edge, ports };
  },
  judge,
  restore: async () => {},
});
