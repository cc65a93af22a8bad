<?php

require __DIR__ . '/../vendor/autoload.php';

$script = Report\Manifest::asset('resources/js/app.js');
?>
<!doctype html>
<p id="now">…</p>
<script type="module" src="<?= htmlspecialchars($script) ?>"></script>
