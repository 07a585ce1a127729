--
-- A dump of PostgreSQL, shortened
--
CREATE TABLE public.ps_endpoints (
    id character varying(40) NOT NULL,
    call_group character varying(40),
    pickup_group character varying(40),
    CONSTRAINT x CHECK (length(id) > 0)
);
COPY public.ps_endpoints (id, call_group, pickup_group) FROM stdin;
erin	4	\N
frank	\N	4
\.
SELECT pg_catalog.setval('x', 1, true);
INSERT INTO public.ps_endpoints VALUES ('grace\', '4', NULL);
