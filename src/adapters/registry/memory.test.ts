import { registryConformance } from './conformance.ts';
import { memoryRegistry } from './memory.ts';

registryConformance('memory', () => memoryRegistry());
