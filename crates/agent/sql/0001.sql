-- Version 1: the log of each shard, its head, who serves it, and the functions that alone change them.
--
-- A shard is one log: one linewarden store on each of its nodes. The database makes time and hash of each change set itself, and
-- appends only what was tried on the last one. The hash is that of the stores (src/store/chain.rs); nothing may make it otherwise.

CREATE SCHEMA linewarden AUTHORIZATION linewarden_owner;
SET LOCAL ROLE linewarden_owner;

CREATE TABLE linewarden.version(
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number integer NOT NULL
);
INSERT INTO linewarden.version(number) VALUES(1);

-- One row for each log, with its end. Who appends holds this row's lock until the change set is durable, so the order is one.
CREATE TABLE linewarden.shard(
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9_-]{1,40}$'),
    store bytea NOT NULL UNIQUE CHECK (length(store) = 16),
    epoch bigint NOT NULL,
    -- The timeline of the database in this epoch; it changes where a standby is promoted.
    timeline bigint NOT NULL,
    -- Raised where the fate of an append was settled: one that is still on its way does not come after that.
    fence bigint NOT NULL DEFAULT 0,
    -- The end of what was before the log here: nodes begin with a copy of the store then.
    first_revision bigint NOT NULL,
    first_hash bytea NOT NULL CHECK (length(first_hash) = 32),
    first_domains bigint NOT NULL,
    first_parties bigint NOT NULL,
    -- The end of the log, and how many domains and parties have numbers there.
    revision bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    at bigint NOT NULL,
    domains bigint NOT NULL,
    parties bigint NOT NULL
);

CREATE TABLE linewarden.change_set(
    shard text NOT NULL REFERENCES linewarden.shard(name),
    revision bigint NOT NULL,
    epoch bigint NOT NULL,
    -- Milliseconds since 1970; never less than that of the change set before.
    at bigint NOT NULL,
    -- Empty for the administrator, else domain/name.
    author text NOT NULL,
    text text NOT NULL,
    -- New domains and parties: the numbers of the first ones, and the others without gaps.
    first_domain bigint NOT NULL,
    domains text[] NOT NULL,
    first_party bigint NOT NULL,
    party_domains integer[] NOT NULL,
    party_kinds integer[] NOT NULL,
    party_names text[] NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    -- Which attempt of which agent it was; drawn anew for each.
    attempt bytea NOT NULL,
    PRIMARY KEY(shard, revision)
);

-- Which role serves which shard.
CREATE TABLE linewarden.member(
    role name NOT NULL,
    shard text NOT NULL REFERENCES linewarden.shard(name),
    PRIMARY KEY(role, shard)
);

-- The shards that the role serves that logged in.
CREATE FUNCTION linewarden.served() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT m.shard FROM linewarden.member m WHERE m.role = session_user
$$;

-- A text with its length before it, as it is hashed.
CREATE FUNCTION linewarden.sized(value text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT int8send(length(convert_to(value, 'UTF8'))::bigint) || convert_to(value, 'UTF8')
$$;

-- The hash of a change set after the one whose hash is p_before. p_first_domain and p_first_party are the numbers of its first new ones.
CREATE FUNCTION linewarden.link(
    p_before bytea, p_revision bigint, p_at bigint, p_author text, p_text text,
    p_first_domain bigint, p_domains text[],
    p_first_party bigint, p_party_domains integer[], p_party_kinds integer[], p_party_names text[]
) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT sha256(
        p_before || int8send(p_revision) || int8send(p_at) || linewarden.sized(p_author) || linewarden.sized(p_text)
        || int8send(cardinality(p_domains)::bigint)
        || coalesce((
            SELECT string_agg(int8send(p_first_domain + place - 1) || linewarden.sized(name), ''::bytea ORDER BY place)
            FROM unnest(p_domains) WITH ORDINALITY AS new(name, place)), ''::bytea)
        || int8send(cardinality(p_party_names)::bigint)
        || coalesce((
            SELECT string_agg(
                int8send(p_first_party + place - 1) || int8send(domain::bigint) || int8send(kind::bigint) || linewarden.sized(name),
                ''::bytea ORDER BY place)
            FROM unnest(p_party_domains, p_party_kinds, p_party_names) WITH ORDINALITY AS new(domain, kind, name, place)), ''::bytea))
$$;

-- The timeline that this database writes; an error on a standby.
CREATE FUNCTION linewarden.timeline() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
    SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint
$$;

-- The row of a shard, locked. Only for roles that serve it.
CREATE FUNCTION linewarden.locked(p_shard text) RETURNS linewarden.shard
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    head linewarden.shard;
BEGIN
    IF p_shard NOT IN (SELECT linewarden.served()) THEN
        RAISE EXCEPTION 'role % does not serve shard %', session_user, p_shard USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO head FROM linewarden.shard s WHERE s.name = p_shard FOR UPDATE;
    RETURN head;
END
$$;

-- Appends a change set that was tried on revision p_after with the hash p_before. No row where the log ends otherwise by now, where the
-- epoch or the fence was raised, or where the database was promoted since: then nothing was appended.
CREATE FUNCTION linewarden.append(
    p_shard text, p_epoch bigint, p_fence bigint, p_after bigint, p_before bytea, p_attempt bytea,
    p_author text, p_text text,
    p_domains text[], p_party_domains integer[], p_party_kinds integer[], p_party_names text[]
) RETURNS TABLE(revision bigint, hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    head linewarden.shard := linewarden.locked(p_shard);
    now bigint := greatest(head.at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
    link bytea;
BEGIN
    IF head.revision <> p_after OR head.hash <> p_before OR head.epoch <> p_epoch OR head.fence <> p_fence
        OR head.timeline <> linewarden.timeline() THEN
        RETURN;
    END IF;
    IF cardinality(p_party_domains) <> cardinality(p_party_names) OR cardinality(p_party_kinds) <> cardinality(p_party_names)
        OR EXISTS(SELECT FROM unnest(p_party_domains) AS d(number)
            WHERE d.number < 0 OR d.number >= head.domains + cardinality(p_domains)) THEN
        RAISE EXCEPTION 'the numbers of the parties are not whole' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    link := linewarden.link(head.hash, head.revision + 1, now, p_author, p_text,
        head.domains, p_domains, head.parties + 1, p_party_domains, p_party_kinds, p_party_names);
    INSERT INTO linewarden.change_set AS new
        VALUES(p_shard, head.revision + 1, head.epoch, now, p_author, p_text,
            head.domains, p_domains, head.parties + 1, p_party_domains, p_party_kinds, p_party_names, link, p_attempt);
    UPDATE linewarden.shard s SET
        revision = head.revision + 1, hash = link, at = now,
        domains = head.domains + cardinality(p_domains), parties = head.parties + cardinality(p_party_names)
        WHERE s.name = p_shard;
    -- A hint: who misses it looks once a second.
    PERFORM pg_notify('linewarden_' || p_shard, (head.revision + 1)::text);
    RETURN QUERY SELECT head.revision + 1, link;
END
$$;

-- What became of an attempt on revision p_after whose answer was lost: its change set, or no row. Where there is no row there never will
-- be one: the lock of the head was waited for, and the fence keeps out what is still on its way.
CREATE FUNCTION linewarden.settle(p_shard text, p_after bigint, p_attempt bytea)
RETURNS TABLE(revision bigint, hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    head linewarden.shard := linewarden.locked(p_shard);
BEGIN
    RETURN QUERY SELECT c.revision, c.hash FROM linewarden.change_set c
        WHERE c.shard = p_shard AND c.revision = p_after + 1 AND c.attempt = p_attempt;
    -- Written in any case: this commit waits for the standby, which then has everything before it.
    UPDATE linewarden.shard s SET fence = head.fence + 1 WHERE s.name = p_shard;
END
$$;

-- Raises the epoch where the database was promoted since the last change set.
CREATE FUNCTION linewarden.renew(p_shard text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    head linewarden.shard := linewarden.locked(p_shard);
BEGIN
    IF head.timeline = linewarden.timeline() THEN
        RETURN head.epoch;
    END IF;
    UPDATE linewarden.shard s SET epoch = head.epoch + 1, timeline = linewarden.timeline() WHERE s.name = p_shard;
    RETURN head.epoch + 1;
END
$$;

-- For administrators: raises the epoch, so that nodes of another line go back to this one.
CREATE FUNCTION linewarden.promote(p_shard text) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
    UPDATE linewarden.shard s SET epoch = s.epoch + 1, timeline = linewarden.timeline() WHERE s.name = p_shard RETURNING s.epoch
$$;

-- Computes every hash of a log anew: the last revision that is whole. It is the end of the log where all are.
CREATE FUNCTION linewarden.verify(p_shard text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    head linewarden.shard;
    one record;
    last bigint;
    before bytea;
    time bigint := 0;
    domain_count bigint;
    party_count bigint;
BEGIN
    SELECT * INTO head FROM linewarden.shard s WHERE s.name = p_shard;
    last := head.first_revision;
    before := head.first_hash;
    domain_count := head.first_domains;
    party_count := head.first_parties;
    FOR one IN SELECT * FROM linewarden.change_set c WHERE c.shard = p_shard ORDER BY c.revision LOOP
        IF one.revision <> last + 1 OR one.at < time OR one.first_domain <> domain_count OR one.first_party <> party_count + 1
            OR one.hash <> linewarden.link(before, one.revision, one.at, one.author, one.text,
            domain_count, one.domains, party_count + 1, one.party_domains, one.party_kinds, one.party_names) THEN
            RETURN last;
        END IF;
        last := one.revision;
        before := one.hash;
        time := one.at;
        domain_count := domain_count + cardinality(one.domains);
        party_count := party_count + cardinality(one.party_names);
    END LOOP;
    IF (last, before, domain_count, party_count) IS DISTINCT FROM (head.revision, head.hash, head.domains, head.parties) THEN
        RETURN least(last, head.revision) - 1;
    END IF;
    RETURN last;
END
$$;

-- Agents see and change what they serve, through these functions only.
ALTER TABLE linewarden.shard ENABLE ROW LEVEL SECURITY;
ALTER TABLE linewarden.change_set ENABLE ROW LEVEL SECURITY;
CREATE POLICY served ON linewarden.shard FOR SELECT TO linewarden_agent USING (name IN (SELECT linewarden.served()));
CREATE POLICY served ON linewarden.change_set FOR SELECT TO linewarden_agent USING (shard IN (SELECT linewarden.served()));
GRANT USAGE ON SCHEMA linewarden TO linewarden_agent;
GRANT SELECT ON linewarden.version, linewarden.shard, linewarden.change_set TO linewarden_agent;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA linewarden FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    linewarden.served, linewarden.sized, linewarden.link, linewarden.timeline, linewarden.append, linewarden.settle, linewarden.renew,
    linewarden.verify
    TO linewarden_agent;
