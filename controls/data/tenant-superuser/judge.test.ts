import { testAttempts } from '../../contract/testing.ts';
import { judge } from './judge.ts';

testAttempts(judge);
