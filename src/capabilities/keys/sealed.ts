/** Front of a text that no generation opens: rotation leaves it, and it stays as it was behind that word. */
export const BROKEN = 'broken';

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
  /** Column with the project's id; or the table that has it, and the column that names the row there. */
  readonly project: { readonly column: string } | { readonly through: string; readonly by: string };
  /** Column whose value is the binding's `owner`. */
  readonly owner: string;
  /** The binding's `name`: from a column, or the same for all. Left out where the form is `map`. */
  readonly name?: { readonly column: string; readonly prefix?: string } | { readonly is: string };
  /** What it is, for people: `config vars`. */
  readonly what: string;
}

export const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'config_vars',
    column: 'sealed',
    form: 'text',
    key: ['app_id', 'name'],
    project: { through: 'apps', by: 'app_id' },
    owner: 'app_id',
    name: { column: 'name' },
    what: 'config vars',
  },
  {
    table: 'releases',
    column: 'config',
    form: 'map',
    key: ['id'],
    project: { through: 'apps', by: 'app_id' },
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
  {
    table: 'storage_rekeys',
    column: 'sealed',
    form: 'text',
    key: ['project_id'],
    project: { column: 'project_id' },
    owner: 'project_id',
    name: { is: 'storage' },
    what: 'next storage key',
  },
  {
    table: 'database_credentials',
    column: 'sealed',
    form: 'text',
    key: ['database_id', 'generation'],
    project: { through: 'databases', by: 'database_id' },
    owner: 'database_id',
    name: { column: 'generation', prefix: 'credential-' },
    what: 'database credentials',
  },
  {
    table: 'object_credentials',
    column: 'sealed',
    form: 'text',
    key: ['store_id', 'generation'],
    project: { through: 'object_stores', by: 'store_id' },
    owner: 'store_id',
    name: { column: 'generation', prefix: 'credential-' },
    what: 'credentials of object stores',
  },
  {
    table: 'repositories',
    column: 'sealed_key',
    form: 'text',
    key: ['id'],
    project: { column: 'project_id' },
    owner: 'id',
    name: { is: 'repository-key' },
    what: 'keys of backup repositories',
  },
];

/** A column with texts of the platform's own (adapters/envelope/platform.ts), which a new root key takes over. */
export interface RootColumn {
  readonly table: string;
  readonly column: string;
  /** One column that names the row. */
  readonly key: string;
  /** What `about` was when it was wrapped: this and the row's key. */
  readonly about: string;
}

export const rootColumns: readonly RootColumn[] = [
  { table: 'vaults', column: 'wrapped_password', key: 'id', about: 'vault:' },
  { table: 'sso_providers', column: 'wrapped_secret', key: 'id', about: 'sso:' },
];
