<?php

class DefaultNames
{
    public const FIRST = 'world';
}
