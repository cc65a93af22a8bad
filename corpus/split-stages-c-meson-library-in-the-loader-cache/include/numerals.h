#pragma once

/* Writes `number` (1 to 3999) in Roman numerals to `text`, which has room for 16 characters. */
void numerals(int number, char *text);
