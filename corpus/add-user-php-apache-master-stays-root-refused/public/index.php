<?php echo 'served by ' . php_sapi_name();
