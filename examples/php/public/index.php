<?php

declare(strict_types=1);

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
if ($path !== '/') {
    http_response_code(404);
    echo 'There is no such page.';
    return;
}
$name = htmlspecialchars((string) ($_GET['name'] ?? 'you'), ENT_QUOTES, 'UTF-8');
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
</main>
</body>
</html>
