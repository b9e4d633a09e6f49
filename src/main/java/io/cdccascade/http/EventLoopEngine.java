package io.cdccascade.http;

import io.netty.util.concurrent.EventExecutor;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpEngine;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;

/** Camel's HTTP engine, with consumers that run their routes on the event loop. */
public final class EventLoopEngine extends VertxPlatformHttpEngine {

    private final int port;
    private final EventExecutor loop;
    private final HitFirst hitFirst;

    /**
     * @param port     the API's port; without it, Camel may take the management server's router for the API's
     * @param loop     the event loop that serves the port
     * @param hitFirst answers hits before an exchange exists
     */
    public EventLoopEngine(int port, EventExecutor loop, HitFirst hitFirst) {
        this.port = port;
        this.loop = loop;
        this.hitFirst = hitFirst;
    }

    @Override
    public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
        return new EventLoopConsumer(
                endpoint,
                processor,
                getHandlers(),
                VertxPlatformHttpRouter.getRouterNameFromPort(port),
                loop,
                hitFirst);
    }

    @Override
    public int getServerPort() {
        return port;
    }
}
