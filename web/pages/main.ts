import { accessPage } from './access.ts';
import { accountPage } from './account.ts';
import { devicePage } from './device.ts';
import { h, show } from './dom.ts';
import { joinPage } from './join.ts';
import { returnPage } from './sso.ts';

const pages: Readonly<Record<string, () => void | Promise<void>>> = {
  '/access': accessPage,
  '/account': accountPage,
  '/device': devicePage,
  '/join': joinPage,
  '/sso': returnPage,
};

await pages[location.pathname]?.()?.catch((error: unknown) => {
  show(
    'That did not work',
    h('p', { class: 'error', role: 'alert' }, error instanceof Error ? error.message : String(error)),
  );
});
