import { Secret } from '../../kernel/secret.ts';
import { gatewayConformance } from './conformance.ts';
import { makeMemoryGateway } from './memory.ts';

const gateway = makeMemoryGateway();
const certificate = { chain: '', key: new Secret('') };

gatewayConformance('The fake', () => ({
  gateway,
  listening: () => Promise.resolve(gateway.running),
  route: (name, source = '127.0.0.1') => ({
    user: `g_${name}`,
    verifier: '',
    source,
    until: '2030-01-01T00:00:00.000Z',
    backend: { host: '127.0.0.1', port: 5432, database: name },
  }),
  apply: (routes) => gateway.apply({ routes, certificate, ca: '' }),
  async enter({ user }) {
    if (!gateway.enter(user, '127.0.0.1')) return 'refused';
    return { alive: async () => gateway.sessions.includes(user), end: async () => {} };
  },
}));
