package io.cdccascade.http;

import io.cdccascade.table.CachedTable;
import io.cdccascade.table.Operation;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableRegistry;
import org.apache.camel.Exchange;

/**
 * Which route answers a request: the common one of its operation, or the table's own, which the table's file names.
 *
 * @param endpoint where the route starts, {@code direct:…}
 * @param read     what is read, or null for a write
 * @param bulkhead which pool the route's blocking steps count against
 */
public record Serve(String endpoint, Read read, Bulkheads.Kind bulkhead) {

    private static final String COMMON_LIST = new CachedTable().route(Operation.LIST);

    /**
     * Finds the route of a request.
     *
     * @throws ProblemException if the table is not served, or a read is not valid
     */
    public static Serve of(Exchange exchange, TableRegistry tables, ReadRequests reads) {
        RequestLine request = RequestLine.of(exchange);
        if (request.readsByBody()) {
            return of(reads.keys(request, exchange.getMessage()));
        }
        Operation write = switch (request.method()) {
            case "POST" -> Operation.CREATE;
            case "PUT", "PATCH" -> Operation.UPDATE;
            case "DELETE" -> Operation.DELETE;
            default -> null;
        };
        if (write == null) {
            return of(reads.read(request));
        }
        ServedTable table = RequestedTable.find(tables, request.table());
        return new Serve(table.file().route(write), null, Bulkheads.Kind.WRITES);
    }

    /** The route of a read. */
    public static Serve of(Read read) {
        return new Serve(route(read), read, read.bulkhead());
    }

    /** The endpoint of the route of a read. */
    static String route(Read read) {
        CachedTable file = read.table().file();
        if (read instanceof RowRead) {
            return file.route(Operation.READ);
        }
        String list = file.route(Operation.LIST);
        if (!list.equals(COMMON_LIST)) {
            return list;
        }
        return read instanceof KeysRead
                ? "direct:read-by-keys"
                : read instanceof ListRead ? "direct:read-list" : "direct:read-page";
    }
}
