import { pkiConformance } from './conformance.ts';
import { makeMemoryPki } from './memory.ts';

const shared = makeMemoryPki();
pkiConformance('memory', () => shared);
