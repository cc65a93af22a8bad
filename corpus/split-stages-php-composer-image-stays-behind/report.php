<?php

require __DIR__ . '/vendor/autoload.php';

echo Report\Summary::of([1, 2, 3]), "\n";
