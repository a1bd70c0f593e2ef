import { edgeConformance } from './conformance.ts';
import { makeMemoryEdge } from './memory.ts';

const edge = makeMemoryEdge();
edgeConformance('memory', () => ({
  edge,
  well: 32_768,
  certificate: async (host) => ({ name: host, hosts: [host], pem: 'PEM' }),
}));
