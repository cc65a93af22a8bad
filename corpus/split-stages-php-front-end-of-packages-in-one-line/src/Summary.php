<?php

declare(strict_types=1);

namespace Report;

final class Summary
{
    /** @param list<int> $numbers */
    public static function of(array $numbers): string
    {
        return sprintf('%d numbers, %d in all', count($numbers), array_sum($numbers));
    }
}
