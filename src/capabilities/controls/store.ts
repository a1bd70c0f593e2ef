/** The only SQL of this capability. */
export * from './store/agent.ts';
export * from './store/catalogue.ts';
export * from './store/counts.ts';
export * from './store/evidence.ts';
export * from './store/probers.ts';
export * from './store/runs.ts';
export * from './store/staff.ts';
