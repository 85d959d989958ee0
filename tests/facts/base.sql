CREATE TABLE customer (id int PRIMARY KEY, name text);
CREATE TABLE account (id int PRIMARY KEY);
CREATE TABLE invoice (
    id int NOT NULL,
    number varchar(20),
    day date,
    total int,
    net numeric,
    customer_id int,
    state varchar(9),
    token text
);
CREATE INDEX ix_invoice_number ON invoice (number);
INSERT INTO customer SELECT i, ' name' FROM generate_series(1, 9) i;
INSERT INTO account SELECT i FROM generate_series(1, 9) i;
INSERT INTO invoice (id, number, day, total, net, customer_id, state, token)
    SELECT i, 'n' || i, date '2019-01-01' + i, i, i, i, 'open', i FROM generate_series(1, 9) i;
