<?php

declare(strict_types=1);

require __DIR__ . '/../src/guest-book.php';

$path = parse_url($_SERVER['REQUEST_URI'] ?? '/', PHP_URL_PATH);

if ($path === '/up') {
    header('Content-Type: application/json');
    echo json_encode(['status' => 'ok']);
    return;
}
if ($path === '/api/info') {
    header('Content-Type: application/json');
    echo json_encode(['php' => PHP_VERSION, 'replica' => gethostname(), 'https' => ($_SERVER['HTTPS'] ?? '') === 'on']);
    return;
}
if ($path === '/guests') {
    $book = guestBook();
    $guest = trim((string) ($_POST['name'] ?? ''));
    if ($book === null || $guest === '') {
        http_response_code(400);
        echo $book === null ? 'This app has no database.' : 'A name is missing.';
        return;
    }
    sign($book, $guest);
    header('Location: /', true, 303);
    return;
}
if ($path === '/api/guests') {
    $book = guestBook();
    http_response_code($book === null ? 404 : 200);
    header('Content-Type: application/json');
    echo json_encode($book === null ? ['error' => 'This app has no database.'] : ['latest' => guests($book)]);
    return;
}
if ($path !== '/') {
    http_response_code(404);
    echo 'There is no such page.';
    return;
}
$html = static fn (string $text): string => htmlspecialchars($text, ENT_QUOTES, 'UTF-8');
$name = $html((string) ($_GET['name'] ?? 'you'));
$book = guestBook();
?>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PHP on Bastide</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
  <h1>Hello, <?= $name ?></h1>
  <p>PHP <?= PHP_VERSION ?> behind nginx, on replica <code><?= htmlspecialchars((string) gethostname()) ?></code>.</p>
  <form><label>Your name <input name="name" maxlength="40"></label> <button>Say hello</button></form>
<?php if ($book !== null): ?>
  <form method="post" action="/guests"><label>And in the guest book <input name="name" maxlength="80" required></label> <button>Sign</button></form>
  <ul>
<?php foreach (guests($book) as $guest): ?>
    <li><?= $html($guest['name']) ?> <time><?= $html(substr($guest['at'], 0, 16)) ?></time></li>
<?php endforeach ?>
  </ul>
<?php endif ?>
</main>
</body>
</html>
