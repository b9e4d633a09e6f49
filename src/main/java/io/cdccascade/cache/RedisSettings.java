package io.cdccascade.cache;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where Redis is, and how long anybody waits for it. The one place that decides which servers the readers' client and the
 * invalidations' client talk to.
 *
 * @param host               the server's host; of a cluster one or more of its nodes, with commas between, each with a port
 *                           of its own where that differs: {@code redis-1,redis-2:6380}
 * @param port               the server's port
 * @param password           null or empty if Redis asks for none
 * @param cluster            whether it is a Redis Cluster, whose other nodes are found by asking those
 * @param readTimeoutMillis  how long a reader waits for an answer, after which it reads PostgreSQL
 * @param writeTimeoutMillis how long an invalidation waits for an answer, after which it tries again
 */
public record RedisSettings(
        String host, int port, String password, boolean cluster, int readTimeoutMillis, int writeTimeoutMillis) {

    /** The address of one server. */
    public record Node(String host, int port) {}

    /** @throws IllegalArgumentException if a timeout is not positive, or several nodes are named that are no cluster */
    public RedisSettings {
        if (readTimeoutMillis < 1 || writeTimeoutMillis < 1) {
            throw new IllegalArgumentException("the timeouts of Redis must be at least 1 ms");
        }
        if (!cluster && host.contains(",")) {
            throw new IllegalArgumentException("cascade.redis.host names several servers, '" + host
                    + "': name one, or set cascade.redis.cluster=true if they are nodes of a Redis Cluster");
        }
    }

    /** A single server. */
    public RedisSettings(String host, int port, String password, int readTimeoutMillis, int writeTimeoutMillis) {
        this(host, port, password, false, readTimeoutMillis, writeTimeoutMillis);
    }

    /** The server, or the nodes by which a cluster is found. */
    public List<Node> nodes() {
        return Arrays.stream(host.split(","))
                .map(String::strip)
                .filter(node -> !node.isEmpty())
                .map(this::node)
                .toList();
    }

    private Node node(String text) {
        int colon = text.lastIndexOf(':');
        // An IPv6 address has more than one colon, and then no port here.
        boolean hasPort = cluster && colon > 0 && text.indexOf(':') == colon;
        return hasPort
                ? new Node(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)))
                : new Node(text, port);
    }

    /** Whether the server asks for a password. */
    public boolean hasPassword() {
        return password != null && !password.isEmpty();
    }

    @Override
    public String toString() {
        return nodes().stream().map(node -> node.host() + ":" + node.port()).collect(Collectors.joining(", "));
    }
}
