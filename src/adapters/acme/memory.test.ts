import { acmeConformance } from './conformance.ts';
import { makeMemoryAcme } from './memory.ts';

const acme = makeMemoryAcme();
acmeConformance('memory', () => ({
  acme,
  host: 'shop.example.test',
  publisher: { publish: async () => undefined, withdraw: async () => {} },
}));
