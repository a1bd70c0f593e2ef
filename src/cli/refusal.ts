import { Refusal } from '../kernel/refusal.ts';

/** A refusal that came from the API, with its HTTP status. */
export class ApiRefusal extends Refusal {
  readonly status: number;

  constructor(
    status: number,
    error: { code: string; message: string; next: string; details?: Record<string, unknown> | undefined },
  ) {
    super(error.code, error.message, error.next, error.details);
    this.status = status;
  }
}
