import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

const PAGES = ['/', '/account', '/device', '/join'];
const ELSEWHERE = 'https://elsewhere.example';

/** The platform's own pages, as another site's page would ask for them and lead people through them. */
export default control({
  id: 'edge/own-pages',
  claims: ['ING-6'],
  sentence:
    "The platform's own pages run no foreign script, are in nobody's frame, set no cookie and lead nowhere else.",
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const pages = [];
    for (const path of PAGES) {
      const url = `https://bastide.${tools.domain}${path}?next=${encodeURIComponent(ELSEWHERE)}`;
      const { status, headers } = await tools.web(url, { headers: { origin: ELSEWHERE } });
      pages.push({ path, status, headers });
    }
    return { pages };
  },
  judge,
  restore: async () => {},
});
