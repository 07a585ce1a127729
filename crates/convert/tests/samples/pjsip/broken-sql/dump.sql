CREATE TABLE ps_endpoints (id text, call_group text);
INSERT INTO ps_endpoints VALUES ('a', '1);
