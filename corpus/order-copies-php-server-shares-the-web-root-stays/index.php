<?php echo "opened ", 3 * 7, " times\n";
