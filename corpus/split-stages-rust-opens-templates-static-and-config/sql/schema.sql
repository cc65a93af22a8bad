create table pages (name text);
