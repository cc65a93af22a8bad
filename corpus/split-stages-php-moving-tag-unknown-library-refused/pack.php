<?php

$archive = new ZipArchive();
echo class_exists(ZipArchive::class) ? "zip is there\n" : "zip is missing\n";
