/** Plans of keys: a project's key and the root key. */
export { planProjectKey, planRotation, type RotationWish, rotationDue } from './plan/project.ts';
export { planRoot, type RootWish, rootDue } from './plan/root.ts';
