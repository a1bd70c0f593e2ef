/**
 * Every column that holds a text sealed to a project's key (adapters/envelope/seal.ts). Rotation seals these anew, and
 * a generation is destroyed only when none of them begins with its name: a column that is not listed here would be
 * lost. A test compares this list with the tables (a column named `sealed` or `…sealed…` must be on it).
 */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** `text`: one sealed text. `map`: JSON `{NAME: {sealed, …}}`, whose names are the bindings'. */
  readonly form: 'text' | 'map';
  /** The table's primary key. */
  readonly key: readonly string[];
  /** Column with the project's id; or the column with the app's id, whose project it is. */
  readonly project: { readonly column: string } | { readonly app: string };
  /** Column whose value is the binding's `owner`. */
  readonly owner: string;
  /** The binding's `name`: from a column, or the same for all. Left out where the form is `map`. */
  readonly name?: { readonly column: string } | { readonly is: string };
  /** What it is, for people: `config vars`. */
  readonly what: string;
}

export const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'config_vars',
    column: 'sealed',
    form: 'text',
    key: ['app_id', 'name'],
    project: { app: 'app_id' },
    owner: 'app_id',
    name: { column: 'name' },
    what: 'config vars',
  },
  {
    table: 'releases',
    column: 'config',
    form: 'map',
    key: ['id'],
    project: { app: 'app_id' },
    owner: 'app_id',
    what: 'config vars of releases',
  },
  {
    table: 'project_storage',
    column: 'sealed_key',
    form: 'text',
    key: ['project_id'],
    project: { column: 'project_id' },
    owner: 'project_id',
    name: { is: 'storage' },
    what: 'storage key',
  },
];
