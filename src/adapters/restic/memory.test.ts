import { Secret } from '../../kernel/secret.ts';
import { resticConformance } from './conformance.ts';
import { memoryRestic } from './memory.ts';

resticConformance('the fake', async () => ({
  restic: memoryRestic(),
  repository: (name) => ({
    url: `https://vault.test/r/${name}/`,
    user: 'u',
    password: new Secret('p'),
    key: new Secret('k'),
    ca: '',
  }),
}));
