<?php

namespace Report;

final class Manifest
{
    /** The address of a built asset, as the manifest of the build has it. */
    public static function asset(string $source): string
    {
        $entries = json_decode(file_get_contents(__DIR__ . '/../public/build/manifest.json'), true);

        return '/build/' . $entries[$source]['file'];
    }
}
