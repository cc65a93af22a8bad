<?php

namespace Board;

final class Console
{
    /** @param list<string> $arguments */
    public function run(array $arguments): int
    {
        $cache = dirname(__DIR__) . '/var/cache/prod';
        is_dir($cache) || mkdir($cache, 0775, true);
        return file_put_contents("{$cache}/container.php", '<?php') === false ? 1 : 0;
    }
}
