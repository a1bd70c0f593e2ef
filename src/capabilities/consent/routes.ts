import type { Row } from '../../api/route.ts';
import { customerRoutes } from './routes/customer.ts';
import { operatorRoutes } from './routes/operator.ts';
import { staffRoutes } from './routes/staff.ts';

/** Door 1 of staff access. */
export const consentRoutes: Row[] = [...customerRoutes, ...operatorRoutes, ...staffRoutes];
