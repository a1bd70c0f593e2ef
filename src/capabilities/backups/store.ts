// The only SQL of backups, by noun.
export * from './store/adopt.ts';
export * from './store/detail.ts';
export * from './store/downloads.ts';
export * from './store/failing.ts';
export * from './store/list.ts';
export * from './store/project.ts';
export * from './store/recovery.ts';
export * from './store/repositories.ts';
export * from './store/sources.ts';
export * from './store/verifications.ts';
export * from './store/wal.ts';
