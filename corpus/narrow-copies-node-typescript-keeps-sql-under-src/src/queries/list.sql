SELECT id, title FROM reports ORDER BY id;
