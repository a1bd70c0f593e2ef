import type { Row } from '../../api/route.ts';
import { attachmentRoutes } from './routes/attachments.ts';
import { databaseItselfRoutes } from './routes/databases.ts';
import { insideRoutes } from './routes/inside.ts';

/** Door 1. */
export const databaseRoutes: Row[] = [...databaseItselfRoutes, ...attachmentRoutes, ...insideRoutes];
