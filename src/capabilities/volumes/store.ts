export * from './store/storage.ts';
export * from './store/views.ts';
