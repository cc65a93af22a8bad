<?php

namespace Greeting;

final class Greeting
{
    public static function of(string $name): string
    {
        return 'Grüße an ' . mb_strtoupper($name);
    }
}
