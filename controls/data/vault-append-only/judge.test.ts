import { testJudge } from '../../contract/testing.ts';
import { judge } from './judge.ts';

const one = (attempt: string, status: number | null = 403, intact: boolean | null = true) => ({
  vault: 'elsewhere',
  attempt,
  status,
  intact,
  said: '',
});
const all = [one('read', 200), one('delete snapshot'), one('overwrite config'), one('forget and prune')];

testJudge(judge, {
  broken: {
    'a delete is done': { attempts: [...all, one('delete pack', 200)] },
    'refused, and yet changed': { attempts: [...all, one('overwrite pack', 403, false)] },
    'changed, and no answer': { attempts: [...all, one('delete key', null, false)] },
  },
  sound: { 'all refused': { attempts: all } },
  inconclusive: {
    'nothing tried': { attempts: [] },
    'the credentials are not good: everything is refused': { attempts: [one('read', 401), ...all.slice(1)] },
    'nobody looked whether they are': { attempts: all.slice(1) },
    'the vault does not answer': { attempts: [...all, one('delete pack', null)] },
    'the vault is ill': { attempts: [...all, one('delete pack', 502)] },
    'nobody looked whether it is intact': { attempts: [...all, one('delete pack', 403, null)] },
    'forget was not tried': { attempts: all.slice(0, 3) },
  },
  notApplicable: { 'no vault': { attempts: null } },
});
