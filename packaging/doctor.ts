// npm run doctor: what is wrong with this machine, and what to do about it. Changes nothing.
import { judge } from './doctor/judge.ts';
import { observe } from './doctor/observe.ts';
import { exitCodeOf, printJudgements } from './doctor/print.ts';

const judgements = judge(await observe());
console.log(process.argv.includes('--json') ? JSON.stringify(judgements) : printJudgements(judgements));
process.exitCode = exitCodeOf(judgements);
