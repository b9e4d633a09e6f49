-- The quick start's table, its two rows and the publication that capture reads.
-- Safe to run again: nothing that exists is touched.

CREATE TABLE IF NOT EXISTS sinners (
    code       BIGINT      PRIMARY KEY,
    name       VARCHAR(20) NOT NULL,
    class      CHAR(1)     NOT NULL,
    libram     VARCHAR(20),
    tendency   VARCHAR(20),
    created_at TIMESTAMP   NOT NULL DEFAULT now(),
    updated_at TIMESTAMP   NOT NULL DEFAULT now()
);

CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER sinners_updated_at
    BEFORE UPDATE ON sinners
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

INSERT INTO sinners (code, name, class, libram, tendency)
VALUES (14, 'Deren',  'S', 'Fraud', 'Fury'),
       (17, 'Shalom', 'S', 'Sloth', 'Reticle')
ON CONFLICT DO NOTHING;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'cascade') THEN
        CREATE PUBLICATION cascade FOR TABLE sinners
            WITH (publish_via_partition_root = true);
    END IF;
END
$$;
