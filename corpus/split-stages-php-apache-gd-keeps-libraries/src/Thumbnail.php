<?php

declare(strict_types=1);

namespace Gallery;

final class Thumbnail
{
    public static function png(int $size): string
    {
        $image = imagecreatetruecolor($size, $size);
        ob_start();
        imagepng($image);
        return (string) ob_get_clean();
    }
}
