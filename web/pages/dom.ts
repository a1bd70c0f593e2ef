type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | boolean>>;

/** An element. Text becomes text: nothing here reads HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** A field with its label. */
export const field = (label: string, attributes: Attributes): HTMLLabelElement =>
  h('label', {}, label, h('input', { required: true, ...attributes }));

/** Puts a page in place of what is shown, and the cursor where the next word goes. */
export function show(title: string, ...children: readonly Child[]): void {
  document.title = `${title} · Bastide`;
  const page = document.querySelector('#page')!;
  page.replaceChildren(
    h('p', { class: 'brand' }, 'Bastide'),
    h('h1', {}, title),
    ...children.filter((child) => child !== undefined),
  );
  page.querySelector<HTMLElement>('input:not([value]), button')?.focus();
}

/** What went wrong and what to do, where a reader and a screen reader meet it. */
function complain(near: Element, error: unknown): void {
  near.querySelector('.error')?.remove();
  const words = error instanceof Error ? error.message : String(error);
  near.append(h('p', { class: 'error', role: 'alert' }, words));
}

/** Runs what a press of a button asks for, once at a time, and shows what it says where it fails. */
async function working(near: Element, run: () => Promise<void>): Promise<void> {
  const buttons = [...near.querySelectorAll('button')].filter((button) => !button.disabled);
  for (const button of buttons) button.disabled = true;
  try {
    near.querySelector('.error')?.remove();
    await run();
  } catch (error) {
    complain(near, error);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** A form whose fields come to `run` by name. */
export function form(
  run: (values: Readonly<Record<string, string>>) => Promise<void>,
  ...children: readonly Child[]
): HTMLFormElement {
  const made = h('form', { autocomplete: 'on' }, ...children);
  made.addEventListener('submit', (event) => {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(made)].map(([name, value]) => [name, String(value)]));
    void working(made, () => run(values));
  });
  return made;
}

/** A button in a place of its own, for what needs no fields. */
export function action(label: string, run: () => Promise<void>, look = ''): HTMLButtonElement {
  const button = h('button', { type: 'button', class: look }, label);
  button.addEventListener('click', () => void working(button.parentElement!, run));
  return button;
}
