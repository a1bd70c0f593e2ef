import type { Row } from '../../api/route.ts';
import { appRoutes } from './routes/apps.ts';
import type { AppsSettings } from './routes/common.ts';
import { configRoutes } from './routes/config.ts';
import { releaseRoutes } from './routes/releases.ts';
import { runningRoutes } from './routes/running.ts';

/** Door 1: everything that may be asked about apps. */
export const appsRoutes = (settings: AppsSettings): Row[] => [
  ...appRoutes(settings),
  ...releaseRoutes(),
  ...configRoutes(settings),
  ...runningRoutes(),
];
