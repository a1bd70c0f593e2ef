const html = (text) => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const guestBook = (guests) => `  <form method="post" action="/guests">
    <label>Your name <input name="name" maxlength="80" required></label> <button>Sign the guest book</button>
  </form>
  <ul>${guests.map(({ name, at }) => `<li>${html(name)} <time>${html(new Date(at).toISOString().slice(0, 16).replace('T', ' '))}</time></li>`).join('')}</ul>
`;

/** The page of the example: no script, no font, nothing from elsewhere. */
export const page = ({ greeting, visits, where, replica, uptimeSeconds, node, guests }) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(greeting)}</title>
<style>
  :root { color-scheme: light dark; --ink: #1d2433; --paper: #f6f3ec; --wall: #b4552d; --soft: #6b7280; --card: #fff; }
  @media (prefers-color-scheme: dark) { :root { --ink: #eceff4; --paper: #171a21; --wall: #e2855a; --soft: #9aa3b2; --card: #20252f; } }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
    background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
  main { width: min(36rem, 100%); background: var(--card); border-radius: 1rem; padding: 2.5rem;
    border-top: .4rem solid var(--wall); box-shadow: 0 1rem 3rem rgb(0 0 0 / .08); }
  h1 { margin: 0 0 .25rem; font-size: clamp(1.5rem, 5vw, 2.25rem); line-height: 1.15; }
  p { margin: 0 0 1.5rem; color: var(--soft); }
  strong { display: block; font-size: 4rem; line-height: 1; color: var(--wall); font-variant-numeric: tabular-nums; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1.25rem; margin: 1.5rem 0 0; }
  form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.5rem 0 0; } input, button { font: inherit; padding: .35rem .7rem; }
  ul { margin: 1rem 0 0; padding: 0; list-style: none; } time { color: var(--soft); }
  dt { color: var(--soft); } dd { margin: 0; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
  <h1>${html(greeting)}</h1>
  <p>A small Node app behind the edge, over HTTPS.</p>
  <strong>${html(visits)}</strong> visits ${html(where)}
${guests ? guestBook(guests) : ''}  <dl>
    <dt>Replica</dt><dd>${html(replica)}</dd>
    <dt>Up for</dt><dd>${html(uptimeSeconds)} s</dd>
    <dt>Node</dt><dd>${html(node)}</dd>
  </dl>
</main>
</body>
</html>
`;
