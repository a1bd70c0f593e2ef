export * from './store/keys.ts';
export * from './store/roots.ts';
export * from './store/sealed.ts';
export * from './store/views.ts';
