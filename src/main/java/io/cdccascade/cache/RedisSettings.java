package io.cdccascade.cache;

/**
 * Where Redis is, and how long anybody waits for it. The one place that decides which server the readers' client and the
 * invalidations' client talk to.
 *
 * @param host               the server's host
 * @param port               the server's port
 * @param password           null or empty if Redis asks for none
 * @param readTimeoutMillis  how long a reader waits for an answer, after which it reads PostgreSQL
 * @param writeTimeoutMillis how long an invalidation waits for an answer, after which it tries again
 */
public record RedisSettings(String host, int port, String password, int readTimeoutMillis, int writeTimeoutMillis) {

    /** @throws IllegalArgumentException if a timeout is not positive */
    public RedisSettings {
        if (readTimeoutMillis < 1 || writeTimeoutMillis < 1) {
            throw new IllegalArgumentException("the timeouts of Redis must be at least 1 ms");
        }
    }

    /** Whether the server asks for a password. */
    boolean hasPassword() {
        return password != null && !password.isEmpty();
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
