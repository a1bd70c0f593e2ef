import type { TimeDefault } from '../schema.ts';

/** What an operator said about an organization: 0076_quotas.sql. */
export interface QuotasTables {
  quotas: {
    organization_id: string;
    name: 'projects' | 'apps' | 'processes' | 'memory' | 'databases' | 'storage' | 'uploads';
    most: number;
    set_by: string;
    set_at: TimeDefault;
  };
}
