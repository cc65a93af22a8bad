<?php

require __DIR__ . '/../src/Counter.php';

$visits = (new Counter())->next('front');
?>
<!DOCTYPE html>
<title>Counter</title>
<p>visit number <?= $visits ?></p>
