<?php

return ['name' => env('APP_NAME', 'Shop'), 'key' => env('APP_KEY')];
