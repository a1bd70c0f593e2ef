export * from './store/apps.ts';
export * from './store/people.ts';
export * from './store/stores.ts';
