<?php

declare(strict_types=1);

/** Counts visits in a file. */
final class Counter
{
    private const FOLDER = __DIR__ . '/../data';

    public function next(string $name): int
    {
        if (!is_dir(self::FOLDER)) {
            mkdir(self::FOLDER);
        }
        $file = self::FOLDER . "/{$name}.txt";
        $count = is_file($file) ? (int) file_get_contents($file) : 0;
        if (file_put_contents($file, (string) ($count + 1)) === false) {
            throw new RuntimeException("cannot write {$file}");
        }
        return $count + 1;
    }
}
