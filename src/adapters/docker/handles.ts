import type { Refusal } from '../../kernel/refusal.ts';
import type {
  ContainerFacts,
  ContainerSpec,
  Engine,
  LogLine,
  NetworkSpec,
  ServiceSpec,
  TaskFacts,
} from './port.ts';

export type Labels = Readonly<Record<string, string>>;
export type Call = {
  [K in keyof Engine]: Engine[K] extends (...args: never[]) => Promise<unknown> ? K : never;
}[keyof Engine];
export type Loaded = { id: string; digests: string[]; layers: string[]; bytes: number };

/** The fake and the handles that a test turns the world with. */
export interface MemoryEngine extends Engine {
  /** What was asked for, in order: method and its first argument's name. */
  readonly calls: readonly string[];
  readonly state: {
    readonly services: ReadonlyMap<string, ServiceSpec>;
    readonly containers: ReadonlyMap<string, ContainerSpec>;
    readonly networks: ReadonlyMap<string, NetworkSpec>;
  };
  addImage(reference: string, id?: string): void;
  /** What becomes of new tasks; `running` unless told. */
  newTasks(
    of: (spec: ServiceSpec, slot: number) => Partial<Pick<TaskFacts, 'state' | 'error' | 'exitCode'>>,
  ): void;
  /** Changes tasks of a service; those not named by `slot` too, unless it is given. */
  setTask(service: string, change: Partial<TaskFacts>, slot?: number): void;
  setContainer(name: string, change: Partial<ContainerFacts>): void;
  addLog(of: string, line: LogLine): void;
  answerExec(of: (container: string, argv: readonly string[], stdin: string | undefined) => ExecAnswer): void;
  /** The next call of this method is refused, without any effect. */
  failNext(method: Call, refusal?: Refusal): void;
}
export type ExecAnswer = { code: number; stdout: string; stderr: string };
