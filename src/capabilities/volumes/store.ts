export * from './store/rekeys.ts';
export * from './store/storage.ts';
export * from './store/views.ts';
