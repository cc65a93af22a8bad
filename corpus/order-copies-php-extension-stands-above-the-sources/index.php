<?php
// A price list that is kept in MySQL; without a database it says so.
$server = getenv('MYSQL_HOST') ?: '';
if ($server === '') {
    echo "no database\n";
    exit;
}
$link = mysqli_connect($server, 'shop', getenv('MYSQL_PASSWORD'), 'shop');
foreach ($link->query('SELECT name, price FROM items ORDER BY name') as $row) {
    echo htmlspecialchars($row['name']), ': ', $row['price'], "\n";
}
