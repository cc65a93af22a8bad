<?php

require __DIR__ . '/../vendor/autoload.php';

header('Content-Type: image/png');
echo Gallery\Thumbnail::png(64);
