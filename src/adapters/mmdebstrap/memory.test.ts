import { bootstrapConformance } from './conformance.ts';
import { memoryBootstrap } from './memory.ts';

bootstrapConformance('memory', () => memoryBootstrap());
