package io.cdccascade.table;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** The digest of everything that decides what an entry contains and which change drops it. */
final class SchemaFingerprint {

    /** Of base64url: 66 bits. */
    private static final int CHARACTERS = 11;

    private SchemaFingerprint() {}

    /** Eleven characters of base64url, the same for the same file and catalog in every instance. */
    static String of(CachedTable file, List<Column> key, Table table, Table view, Map<TableName, Table> sources) {
        String all = String.join(
                "\n",
                file.columns().toString(),
                file.lists().toString(),
                file.dependsOn().toString(),
                key.toString(),
                table.toString(),
                view.toString(),
                sources.toString());
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(digest)
                    .substring(0, CHARACTERS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
