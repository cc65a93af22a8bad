<?php

declare(strict_types=1);

require __DIR__ . '/../vendor/autoload.php';

use Report\Summary;

header('Content-Type: text/html');
echo '<script src="/shop.js"></script><p>' . Summary::of([1, 2, 3]) . "</p>\n";
