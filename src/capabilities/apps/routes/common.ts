import { z } from 'zod';
import type { Seal } from '../../../adapters/envelope/port.ts';
import type { TenantDb } from '../../../db/transaction.ts';
import { AppName } from '../model.ts';
import * as store from '../store.ts';

export const AppParams = z.strictObject({ app: AppName });

/** What the API's process tells the routes. */
export interface AppsSettings {
  /** The platform's own domain: apps answer at `<app>.<domain>`. */
  readonly domain: string;
  /** Seals a text to a project's public key. The API cannot open it again. */
  readonly seal: Seal;
}

/** The app of a request's scope, as it is stored. */
export async function appOf(db: TenantDb, appId: string) {
  const app = await store.findApp(db, appId);
  if (!app) throw new Error('the scope named an app that is not there');
  return app;
}
