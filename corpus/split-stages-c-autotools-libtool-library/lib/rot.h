/* Turns each letter of `text` into the one thirteen places further. */
void rot13(char *text);
