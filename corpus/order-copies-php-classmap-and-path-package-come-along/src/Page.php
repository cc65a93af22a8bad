<?php

namespace Hello;

use DefaultNames;
use Greeter\Greeter;

final class Page
{
    public static function body(): string
    {
        return Greeter::greet(DefaultNames::FIRST);
    }
}
