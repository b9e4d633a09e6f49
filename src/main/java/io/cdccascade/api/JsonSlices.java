package io.cdccascade.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cuts a JSON array of rows into the rows, each as the very text that it has there. */
final class JsonSlices {

    // What PostgreSQL made is not to be doubted: its numerics and documents go beyond Jackson's limits for strangers'.
    private static final JsonFactory JSON = JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder()
            .maxNumberLength(Integer.MAX_VALUE).maxStringLength(Integer.MAX_VALUE).maxNestingDepth(Integer.MAX_VALUE)
            .maxNameLength(Integer.MAX_VALUE).build()).build();

    private JsonSlices() {
    }

    /**
     * One row.
     *
     * @param text   the row as it stands in the array
     * @param values the values of the columns asked for, as text
     */
    record Slice(String text, List<String> values) {
    }

    /**
     * @param array   an array of objects
     * @param columns the columns whose values are wanted, all of them in every object
     */
    static List<Slice> of(String array, List<String> columns) {
        List<Slice> slices = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(array)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                int start = (int) parser.currentTokenLocation().getCharOffset();
                String[] values = new String[columns.size()];
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    int column = columns.indexOf(parser.currentName());
                    parser.nextToken();
                    if (column >= 0) {
                        values[column] = parser.getText();
                    }
                    parser.skipChildren();
                }
                int end = (int) parser.currentTokenLocation().getCharOffset() + 1;
                slices.add(new Slice(array.substring(start, end), Arrays.asList(values)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return slices;
    }
}
