// The only SQL of apps, by noun.
export * from './store/apps.ts';
export * from './store/builds.ts';
export * from './store/config.ts';
export * from './store/releases.ts';
export * from './store/rollout.ts';
export * from './store/running.ts';
