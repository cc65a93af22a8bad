<?php

require __DIR__ . '/../vendor/autoload.php';

$visits = new PDO('sqlite::memory:');
$count = $visits->query('select 1 + 1')->fetchColumn();

header('Content-Type: text/plain; charset=utf-8');
echo Greeting\Greeting::of('zoë'), ", visit $count\n";
