<?php

echo function_exists('apcu_store') ? "cached\n" : "plain\n";
