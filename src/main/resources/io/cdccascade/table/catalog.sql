-- What PostgreSQL knows about tables and views: one row for each of the wanted ones that exists.
-- Parameters: the publication's name, four times; the wanted names, a JSON array of [schema, name].
--
-- identity   the weakest replica identity of the table's partitions, or else its own: a root hands its own on to none
-- obstacle   why it must not be cached, see Table: tables that inherit from it, or policies that apply to this role or
--            to the owner of a view through which it is read
-- generated  'identity' if the replica identity contains a generated column that the publication leaves out, so that
--            PostgreSQL 18 refuses updates while the table is published; 'column' if FULL would contain one; or null
-- made       what changes rows without a change event: the file of a table that an ALTER TABLE rewrote, the labels of
--            an enum, the fields of a composite type, the expressions of generated columns, the queries of views; and at
--            its end the versions (xmin) of the catalog's rows about all of that, which differ also after DDL that was
--            taken back in the same transaction
-- tables     the tables that a view reads, directly or through other views; for a table itself
-- queries    the parse trees of a view and of the views below it, see ViewQueries
-- ruled      whether a rule replaces some inserts, so that PostgreSQL refuses to return what an insert stored
-- published  differs whenever the table was added to the publication again; null when it is not in it
-- unpublishable  why it cannot be published as it is, see Table
-- restricted whether the publication leaves out rows or operations of the table
-- listed     the columns that the publication publishes, null if it publishes all or none
-- listable   the columns that a publication may list
-- unlistable why the table must not be published with a list of columns, see ColumnList
-- keys       the unique keys without a nullable column, expression or condition
--
-- The publication's entries are not taken from pg_publication_tables: that waits for the lock of every table in it.
--
-- PostgreSQL 14 has neither pg_publication_namespace nor the columns prqual and prattrs, and only 18 has pubgencols. So
-- the schemas are taken from their dependencies, and these columns from the row as JSON, where they may be missing.
WITH schemas AS MATERIALIZED (
    SELECT m.objid AS oid, m.refobjid AS publication, s.refobjid AS schema
    FROM pg_depend m
    JOIN pg_depend s ON s.classid = m.classid AND s.objid = m.objid AND s.refclassid = 'pg_namespace'::regclass
    WHERE m.classid = to_regclass('pg_catalog.pg_publication_namespace')
      AND m.refclassid = 'pg_publication'::regclass),
entries AS MATERIALIZED (
    SELECT p.puballtables, p.pubviaroot, to_jsonb(p)->>'pubgencols' AS generated, r.prrelid AS rel, s.schema
    FROM pg_publication p
    LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid
    LEFT JOIN schemas s ON s.publication = p.oid
    WHERE p.pubname = ?)
SELECT n.nspname AS schema, c.relname AS name, c.oid::bigint AS oid,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
       CASE WHEN c.relkind = 'p' THEN coalesce((
           SELECT CASE WHEN bool_or(p.relreplident = 'n') THEN 'n' WHEN bool_or(p.relreplident = 'i') THEN 'i'
                       WHEN bool_or(p.relreplident = 'd') THEN 'd' ELSE 'f' END
           FROM pg_partition_tree(c.oid) t JOIN pg_class p ON p.oid = t.relid WHERE t.isleaf), c.relreplident::text)
       ELSE c.relreplident::text END AS identity,
       c.relkind = 'p' AS partitioned,
       EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type = '3' AND w.is_instead
               AND w.ev_enabled IN ('O', 'A')) AS ruled,
       CASE WHEN c.relkind = 'v' THEN 'view'
            WHEN c.relkind = 'm' THEN 'materialized'
            WHEN c.relkind = 'f' THEN 'foreign'
            WHEN c.relpersistence = 'u' THEN 'unlogged'
            WHEN NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) THEN (
                SELECT 'index ' || quote_ident(x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
                WHERE i.indrelid = c.oid AND c.relkind = 'r' AND c.relreplident <> 'i'
                  AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
                  AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) k (attnum)
                                  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                                  WHERE a.attnotnull IS NOT TRUE)
                ORDER BY i.indexrelid LIMIT 1)
            WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND NOT i.indimmediate) THEN (
                SELECT 'deferrable ' || format('DROP CONSTRAINT %I, ADD %s', o.conname,
                           regexp_replace(pg_get_constraintdef(o.oid), ' DEFERRABLE.*', ''))
                FROM pg_constraint o WHERE o.conrelid = c.oid AND o.contype = 'p')
            WHEN c.relkind = 'p' AND EXISTS (SELECT FROM entries e WHERE NOT e.pubviaroot) THEN 'leaves'
       END AS unpublishable,
       CASE WHEN EXISTS (
           SELECT FROM unnest(views.used) u (oid) JOIN pg_class p ON p.oid = u.oid AND p.relkind = 'r'
           JOIN pg_inherits i ON i.inhparent = p.oid) THEN 'children'
       WHEN EXISTS (
           SELECT FROM unnest(views.used) u (oid) JOIN pg_class p ON p.oid = u.oid AND p.relrowsecurity
           JOIN pg_roles r ON r.rolname = current_user
                           OR r.oid IN (SELECT v.relowner FROM pg_class v
                                        WHERE v.oid = ANY (views.used) AND v.relkind = 'v')
           WHERE NOT (r.rolsuper OR r.rolbypassrls)
             AND (p.relforcerowsecurity OR NOT pg_has_role(r.oid, p.relowner, 'USAGE'))) THEN 'policies' END AS obstacle,
       (SELECT CASE WHEN bool_or(p.relreplident = 'f' OR EXISTS (
                        SELECT FROM pg_index i WHERE i.indrelid = p.oid AND a.attnum = ANY (i.indkey::int2[])
                          AND (p.relreplident = 'd' AND i.indisprimary OR p.relreplident = 'i' AND i.indisreplident)))
                    THEN 'identity' WHEN count(*) > 0 THEN 'column' END
        FROM (SELECT c.oid WHERE c.relkind = 'r'
              UNION ALL SELECT t.relid FROM pg_partition_tree(c.oid) t WHERE t.isleaf AND c.relkind = 'p') l (oid)
        JOIN pg_class p ON p.oid = l.oid
        JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum > 0 AND a.attgenerated <> '' AND NOT a.attisdropped
        WHERE current_setting('server_version_num')::int >= 180000 AND (a.attgenerated = 'v' OR NOT EXISTS (
            SELECT FROM entries e WHERE e.generated = 's'))) AS generated,
       concat_ws(' ', (
           SELECT string_agg(CASE WHEN u.relkind = 'v' THEN pg_get_viewdef(u.oid) ELSE coalesce(
               (SELECT string_agg(pg_relation_filenode(r.relid)::text, ',' ORDER BY r.relid)
                FROM pg_partition_tree(u.oid) r), u.relfilenode::text) END, ' ' ORDER BY u.oid)
           FROM pg_class u WHERE u.oid = ANY (views.used)), (
           SELECT string_agg(concat_ws(' ', a.attname, pg_get_expr(g.adbin, c.oid), (
               SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e
               WHERE e.enumtypid IN (t.oid, t.typelem, t.typbasetype)), (
               SELECT string_agg(f.attname || ' ' || f.atttypid, ',' ORDER BY f.attnum) FROM pg_attribute f
               WHERE f.attrelid = t.typrelid AND t.typrelid <> 0 AND NOT f.attisdropped)),
               ' ' ORDER BY a.attnum)
           FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
           LEFT JOIN pg_attrdef g ON g.adrelid = c.oid AND g.adnum = a.attnum AND a.attgenerated <> ''
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), (
           WITH RECURSIVE relations (oid) AS (
               SELECT unnest(views.used) UNION SELECT t.relid FROM unnest(views.used) u (oid), pg_partition_tree(u.oid) t),
           types (oid) AS (
               SELECT a.atttypid FROM unnest(views.used) u (oid) JOIN pg_attribute a ON a.attrelid = u.oid AND a.attnum > 0
               UNION SELECT x.oid FROM types y JOIN pg_type t ON t.oid = y.oid CROSS JOIN LATERAL (
                   VALUES (t.typbasetype), (t.typelem), ((SELECT g.rngsubtype FROM pg_range g WHERE g.rngtypid = t.oid))
                   UNION SELECT f.atttypid FROM pg_attribute f
                         WHERE f.attrelid = t.typrelid AND t.typrelid <> 0 AND f.attnum > 0) x (oid)
                   WHERE x.oid <> 0),
           -- Also those behind operators and aggregates.
           functions (class, oid) AS (
               SELECT d.refclassid, d.refobjid FROM unnest(views.used) u (oid) JOIN pg_rewrite w ON w.ev_class = u.oid
               JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
               WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
               UNION SELECT d.refclassid, d.refobjid FROM functions f
               JOIN pg_depend d ON d.classid = f.class AND d.objid = f.oid
               WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass))
           SELECT md5(concat_ws('/',
               (SELECT string_agg(concat(r.oid, ' ', p.xmin), ',' ORDER BY r.oid)
                FROM relations r JOIN pg_class p ON p.oid = r.oid),
               (SELECT string_agg(concat(i.indexrelid, ' ', i.xmin), ',' ORDER BY i.indexrelid)
                FROM relations r JOIN pg_index i ON i.indrelid = r.oid AND (i.indisprimary OR i.indisreplident)),
               (SELECT string_agg(concat(a.attrelid, ' ', a.attnum, ' ', a.xmin), ',' ORDER BY a.attrelid, a.attnum)
                FROM unnest(views.used) u (oid) JOIN pg_attribute a ON a.attrelid = u.oid AND a.attnum > 0),
               (SELECT string_agg(concat(w.oid, ' ', w.xmin), ',' ORDER BY w.oid)
                FROM unnest(views.used) u (oid) JOIN pg_rewrite w ON w.ev_class = u.oid),
               (SELECT string_agg(concat(t.oid, ' ', t.xmin, ' ', (
                       SELECT string_agg(concat(e.oid, ' ', e.xmin), ';' ORDER BY e.oid)
                       FROM pg_enum e WHERE e.enumtypid = t.oid), ' ', (
                       SELECT string_agg(concat(f.attnum, ' ', f.xmin), ';' ORDER BY f.attnum)
                       FROM pg_attribute f WHERE f.attrelid = t.typrelid AND t.typrelid <> 0)), ',' ORDER BY t.oid)
                FROM types y JOIN pg_type t ON t.oid = y.oid),
               (SELECT string_agg(concat(f.oid, ' ', f.xmin), ',' ORDER BY f.oid)
                FROM functions x JOIN pg_proc f ON f.oid = x.oid AND x.class = 'pg_proc'::regclass),
               (SELECT string_agg(s.setconfig::text, ',' ORDER BY s.setdatabase, s.setrole) FROM pg_db_role_setting s
                WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                  AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))))))) AS made,
       (SELECT coalesce(json_agg(json_build_array(m.nspname, x.relname) ORDER BY m.nspname, x.relname),
            '[]')
        FROM unnest(views.used) u (oid) JOIN pg_class x ON x.oid = u.oid JOIN pg_namespace m ON m.oid = x.relnamespace
        WHERE x.relkind <> 'v')::text AS tables,
       (SELECT coalesce(json_agg(json_build_array(w.ev_class::bigint, w.ev_action::text)), '[]')
        FROM unnest(views.used) u (oid) JOIN pg_rewrite w ON w.ev_class = u.oid AND w.ev_type = '1')::text AS queries,
       CASE WHEN c.relpersistence = 'p' AND c.oid >= 16384 AND EXISTS (
               SELECT FROM entries e
               WHERE (c.relkind = 'r' OR c.relkind = 'p' AND e.pubviaroot)
                 AND (e.puballtables OR c.oid = e.rel OR n.oid = e.schema
                      OR NOT e.pubviaroot AND c.relispartition AND EXISTS (
                          SELECT FROM pg_partition_ancestors(c.oid) o JOIN pg_class oc ON oc.oid = o.relid
                          WHERE o.relid = e.rel OR oc.relnamespace = e.schema))
                 AND NOT (e.pubviaroot AND c.relispartition AND EXISTS (
                          SELECT FROM pg_partition_ancestors(c.oid) o JOIN pg_class oc ON oc.oid = o.relid
                          JOIN entries f ON f.puballtables OR f.rel = oc.oid OR f.schema = oc.relnamespace
                          WHERE o.relid <> c.oid))) THEN (
           SELECT concat_ws('/', p.oid, p.xmin, s.oid, r.oid) FROM pg_publication p
           LEFT JOIN schemas s ON s.publication = p.oid AND s.schema = n.oid
           LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
           WHERE p.pubname = ?) END AS published,
       EXISTS (SELECT FROM pg_publication p
               LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
               WHERE p.pubname = ? AND (to_jsonb(r)->>'prqual' IS NOT NULL
                   OR NOT (p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate))) AS restricted,
       (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_publication p
        JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
        CROSS JOIN LATERAL regexp_split_to_table(trim(to_jsonb(r)->>'prattrs', '[] '), '[, ]+') k (attnum)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum::int2
        WHERE p.pubname = ?)::text AS listed,
       (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')::text AS listable,
       CASE WHEN current_setting('server_version_num')::int < 150000 THEN 'version'
            WHEN c.relreplident = 'f' THEN 'full'
            WHEN c.relkind = 'p' AND EXISTS (
                SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class p ON p.oid = t.relid
                WHERE t.isleaf AND p.relreplident <> 'd') THEN 'partitions'
       END AS unlistable,
       (SELECT coalesce(json_agg(json_build_object(
                   'name', a.attname, 'number', a.attnum, 'type', format_type(a.atttypid, a.atttypmod),
                   'base', b.typname, 'cast', format_type(b.oid, -1), 'category', t.typcategory::text,
                   'scale', CASE WHEN b.typname = 'numeric' AND a.atttypmod > 4
                                 THEN (((a.atttypmod - 4) & 2047) # 1024) - 1024 ELSE -1 END,
                   'nullable', NOT a.attnotnull,
                   'required', a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
                               AND t.typdefault IS NULL,
                   'computed', a.attgenerated <> '' OR a.attidentity = 'a',
                   'exact', coalesce(l.collisdeterministic, true)) ORDER BY a.attnum), '[]')
        FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        -- What a domain is made of; a domain may be made of another one.
        JOIN pg_type b ON b.oid = (
            WITH RECURSIVE d (oid, base) AS (
                SELECT t.oid, t.typbasetype UNION ALL SELECT p.oid, p.typbasetype FROM d JOIN pg_type p ON p.oid = d.base)
            SELECT d.oid FROM d WHERE d.base = 0)
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns,
       (SELECT coalesce(json_agg(json_build_object(
                   'primary', i.indisprimary, 'identity', i.indisreplident,
                   'columns', (SELECT json_agg(a.attname ORDER BY k.place)
                               FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
                               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                               WHERE k.place <= i.indnkeyatts)) ORDER BY i.indexrelid), '[]')
        FROM pg_index i
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
          AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) k (attnum)
                          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                          WHERE a.attnotnull IS NOT TRUE))::text AS keys
FROM json_array_elements(?::json) w
JOIN pg_namespace n ON n.nspname = w->>0
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w->>1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
-- The table or view itself, and all that it reads, directly or through other views.
CROSS JOIN LATERAL (
    WITH RECURSIVE used (oid) AS (
        SELECT c.oid
        UNION SELECT d.refobjid FROM used u JOIN pg_rewrite w ON w.ev_class = u.oid AND w.ev_type = '1'
              JOIN pg_depend d ON d.objid = w.oid AND d.classid = 'pg_rewrite'::regclass
                              AND d.refclassid = 'pg_class'::regclass)
    SELECT array_agg(oid) AS used FROM used) views
