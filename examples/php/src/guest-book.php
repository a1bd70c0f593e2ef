<?php

declare(strict_types=1);

/** The guest book, in the app's database (MariaDB or PostgreSQL); null while it has none. */
function guestBook(): ?PDO
{
    $url = parse_url((string) getenv('DATABASE_URL'));
    $driver = ['mysql' => 'mysql', 'postgres' => 'pgsql', 'postgresql' => 'pgsql'][$url['scheme'] ?? ''] ?? null;
    if ($driver === null) {
        return null;
    }
    // How the server is to be verified is in the address: by the platform's authority, under its own name.
    parse_str($url['query'] ?? '', $tls);
    $at = "$driver:host={$url['host']};port={$url['port']};dbname=" . ltrim($url['path'], '/');
    $options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC];
    if ($driver === 'mysql') {
        $at .= ';charset=utf8mb4';
        $options += [PDO::MYSQL_ATTR_SSL_CA => $tls['ssl-ca'], PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => true];
    } else {
        $at .= ";sslmode={$tls['sslmode']};sslrootcert={$tls['sslrootcert']}";
    }
    $book = new PDO($at, rawurldecode($url['user']), rawurldecode($url['pass']), $options);
    $number = $driver === 'mysql' ? 'bigint auto_increment' : 'bigint generated always as identity';
    $book->exec("create table if not exists guests (id $number primary key, name varchar(80) not null, at timestamp not null default current_timestamp)");
    return $book;
}

/** The last ten. */
function guests(PDO $book): array
{
    return $book->query('select name, at from guests order by id desc limit 10')->fetchAll();
}

function sign(PDO $book, string $name): void
{
    $book->prepare('insert into guests (name) values (?)')->execute([mb_substr($name, 0, 80)]);
}
