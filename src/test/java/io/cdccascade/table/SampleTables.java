package io.cdccascade.table;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tables as the catalog would describe them, for tests without one. */
public final class SampleTables {

    private SampleTables() {}

    /** The quick start's table, with three of its columns. */
    public static ServedTable sinners() {
        CachedTable file = new CachedTable();
        file.setTable("public.sinners");
        return serve(
                file,
                table(
                        "public.sinners",
                        List.of("code"),
                        column("code", "bigint", "int8", 'N', true),
                        column("name", "character varying(20)", "varchar", 'S', true),
                        column("libram", "character varying(20)", "varchar", 'S', false)));
    }

    /** A column; {@code type} as {@code format_type} writes it, {@code base} as {@code pg_type} calls it. */
    public static Column column(String name, String type, String base, char category, boolean required) {
        return new Column(name, type, base, base, category, -1, !required, required, false, true, name);
    }

    /** A published table with the default replica identity. */
    public static Table table(String name, List<String> primaryKey, Column... columns) {
        TableName parsed = TableName.parse(name);
        return new Table(
                parsed,
                List.of(columns),
                primaryKey,
                List.of(),
                primaryKey,
                false,
                List.of(parsed),
                "",
                true,
                "1",
                false,
                1,
                false,
                false,
                null,
                null,
                null,
                ColumnList.NONE);
    }

    /** The same under {@code REPLICA IDENTITY FULL}. */
    public static Table full(Table table) {
        List<String> all = table.columns().stream().map(Column::name).toList();
        return of(table, table.columns(), table.uniqueKeys(), all, true, ColumnList.NONE);
    }

    /** The same with other columns, unique keys, replica identity and column list. */
    public static Table of(
            Table table,
            List<Column> columns,
            List<List<String>> uniqueKeys,
            List<String> identity,
            boolean fullIdentity,
            ColumnList list) {
        return new Table(
                table.tableName(),
                columns,
                table.primaryKey(),
                uniqueKeys,
                identity,
                fullIdentity,
                table.reads(),
                "",
                true,
                "1",
                false,
                1,
                false,
                false,
                null,
                null,
                null,
                list);
    }

    /** What a file makes of a table, and of the tables that it depends on. */
    public static ServedTable serve(CachedTable file, Table table, Table... sources) {
        Map<TableName, Table> catalog = new HashMap<>(Map.of(table.tableName(), table));
        Arrays.stream(sources).forEach(source -> catalog.put(source.tableName(), source));
        try {
            return new TableBuilder(file, catalog, "cascade", CaptureContent.ROWS).build();
        } catch (TableFileException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
