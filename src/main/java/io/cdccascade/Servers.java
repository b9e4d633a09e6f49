package io.cdccascade;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.cdccascade.cache.CacheSettings;
import io.cdccascade.cache.History;
import io.cdccascade.cache.RedisSettings;
import io.cdccascade.capture.SamePrimary;
import io.cdccascade.doctor.Doctor;
import io.cdccascade.doctor.DoctorSettings;
import io.cdccascade.doctor.Secrets;
import io.cdccascade.table.TableCheck;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the servers are reached, by the settings. */
final class Servers {

    private static final Logger LOG = LoggerFactory.getLogger(Servers.class);
    /** Connections beyond those of the bulkheads: the catalog, a rebuild, two questions to the primary. */
    private static final int CONNECTIONS_OF_OUR_OWN = 4;
    /** A server that does not answer must not hold up the examination of the others. */
    private static final int DOCTOR_SECONDS = 6;
    /** What SQL prints must not depend on the role, the database or the time zone of this process. */
    private static final String PRINTED_ALIKE = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = "
            + "'postgres'; SET extra_float_digits = 1; SET bytea_output = 'hex'; SET xmlbinary = 'base64'; ";

    private final Settings settings;

    Servers(Settings settings) {
        this.settings = settings;
    }

    /** Makes connections to PostgreSQL, none of them kept. */
    PGSimpleDataSource connections() {
        PGSimpleDataSource connections = new PGSimpleDataSource();
        connections.setUrl("jdbc:postgresql://" + postgresAddress()
                + "?ApplicationName=cdc-cascade&connectTimeout=2&socketTimeout=30&tcpKeepAlive=true");
        connections.setUser(settings.text("cascade.postgres.user"));
        connections.setPassword(settings.text("cascade.postgres.password"));
        return connections;
    }

    private String postgresAddress() {
        return settings.text("cascade.postgres.host", "127.0.0.1") + ":" + settings.text("cascade.postgres.port") + "/"
                + settings.text("cascade.postgres.database");
    }

    /** Kafka's admin client. The caller closes it. */
    Admin kafka(int timeoutMillis) {
        return Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                brokers(),
                AdminClientConfig.CLIENT_ID_CONFIG,
                "cdc-cascade-group",
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                timeoutMillis,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                timeoutMillis));
    }

    private String brokers() {
        return settings.text("camel.component.kafka.brokers");
    }

    /**
     * Examines these servers.
     *
     * @param kafka  its admin client
     * @param tables the table files
     */
    Doctor doctor(Callable<Admin> kafka, TableCheck tables) {
        boolean isEmbedded = settings.text("cascade.capture.mode").equals("embedded");
        DoctorSettings wanted = new DoctorSettings(
                postgresAddress(),
                settings.text("cascade.capture.slot"),
                settings.text("cascade.capture.publication"),
                brokers(),
                settings.text("cascade.topic.prefix"),
                isEmbedded ? settings.text("cascade.capture.offsets-topic") : null,
                settings.text("cascade.invalidate.group"),
                settings.number("cascade.kafka.max-record-bytes"),
                Duration.ofMillis(settings.number("cascade.invalidate.outage-ms")),
                DoctorSettings.Limits.USUAL);
        Secrets secrets = new Secrets(
                List.of(settings.text("cascade.postgres.password"), settings.text("cascade.redis.password", "")));
        PGSimpleDataSource postgres = connections();
        postgres.setLoginTimeout(DOCTOR_SECONDS);
        postgres.setSocketTimeout(DOCTOR_SECONDS);
        return Doctor.of(wanted, postgres, kafka, redis(), tables, Clock.systemUTC(), secrets);
    }

    /** Connects when it is first asked, so that the system starts, and answers hits, while PostgreSQL is unreachable. */
    HikariDataSource postgres(SamePrimary primary) {
        HikariConfig pool = new HikariConfig();
        pool.setDataSource(primary.watch(connections()));
        pool.setMaximumPoolSize(settings.number("cascade.postgres.pool") + CONNECTIONS_OF_OUR_OWN);
        pool.setConnectionTimeout(settings.number("cascade.postgres.patience-ms"));
        pool.setInitializationFailTimeout(-1);
        pool.setConnectionInitSql("SET statement_timeout = " + settings.number("cascade.postgres.statement-timeout-ms")
                + "; SET lock_timeout = " + settings.number("cascade.postgres.lock-timeout-ms") + "; "
                + PRINTED_ALIKE + History.SET_SYSTEM);
        return new HikariDataSource(pool);
    }

    RedisSettings redis() {
        return new RedisSettings(
                settings.text("cascade.redis.host", "127.0.0.1"),
                settings.number("cascade.redis.port"),
                settings.text("cascade.redis.password"),
                settings.flag("cascade.redis.cluster"),
                settings.number("cascade.redis.read-timeout-ms"),
                settings.number("cascade.redis.write-timeout-ms"));
    }

    CacheSettings cache() {
        int statement = settings.number("cascade.postgres.statement-timeout-ms");
        int lease = settings.number("cascade.cache.lease-ms");
        int renew = settings.number("cascade.cache.renew-ms");
        if (statement > Math.max(lease, renew)) {
            LOG.warn(
                    "A statement may take {} ms (cascade.postgres.statement-timeout-ms), but what takes more than {} ms"
                            + " to load is not stored: raise cascade.cache.renew-ms",
                    statement,
                    Math.max(lease, renew));
        }
        return new CacheSettings(
                settings.text("cascade.cache.prefix"),
                settings.number("cascade.cache.buckets"),
                settings.flag("cascade.redis.cluster"),
                lease,
                renew,
                settings.number("cascade.cache.wait-ms"),
                settings.number("cascade.cache.fence-ms"));
    }

    /** The circuit breaker of Redis, with its state in the metrics. */
    CircuitBreaker redisBreaker(MeterRegistry meters) {
        CircuitBreakerRegistry breakers = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
                .slidingWindowSize(settings.number("cascade.redis.breaker.calls"))
                .minimumNumberOfCalls(settings.number("cascade.redis.breaker.minimum-calls"))
                .failureRateThreshold(settings.number("cascade.redis.breaker.failure-percent"))
                .waitDurationInOpenState(Duration.ofMillis(settings.number("cascade.redis.breaker.open-ms")))
                .permittedNumberOfCallsInHalfOpenState(1)
                .build());
        TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(meters);
        CircuitBreaker breaker = breakers.circuitBreaker("redis");
        breaker.getEventPublisher().onStateTransition(event -> {
            switch (event.getStateTransition()) {
                case CLOSED_TO_OPEN -> LOG.warn("Redis does not answer: reads go to PostgreSQL until it does");
                case HALF_OPEN_TO_CLOSED -> LOG.info("Redis answers again: reads use the cache");
                default -> {}
            }
        });
        return breaker;
    }
}
