package io.cdccascade.dev;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.cli.connector.DefaultCliConnectorFactory;

/**
 * What a development machine has besides the application: the embedded servers, the welcome, and the Camel CLI's way in. One
 * bean, the first of all, so that the servers answer before anything asks them. Left out of the production image.
 */
public final class Dev implements CamelContextAware {

    private static final String INIT_SCRIPT = "scripts/init.sql";
    private static final String TRY_NEXT = "scripts/try-next.txt";

    private CamelContext context;
    private EmbeddedServers servers;

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.context = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    /**
     * Starts the servers that no setting says to be elsewhere.
     *
     * @throws Exception if one of them does not start; the message says which setting helps
     */
    public void start() throws Exception {
        ClassLoading classLoading = new ClassLoading("src/main/resources");
        classLoading.setCamelContext(context);
        classLoading.adopt();
        servers = new EmbeddedServers(
                setting("cascade.data"),
                setting("cascade.postgres.host:" + EmbeddedServers.EMBEDDED),
                number("cascade.postgres.port"),
                setting("cascade.postgres.database"),
                setting("cascade.postgres.user"),
                setting("cascade.postgres.password"),
                INIT_SCRIPT,
                setting("cascade.redis.host:" + EmbeddedServers.EMBEDDED),
                number("cascade.redis.port"),
                setting("cascade.redis.password"),
                setting("cascade.kafka.brokers:" + EmbeddedServers.EMBEDDED),
                number("cascade.kafka.port"));
        servers.setCamelContext(context);
        context.getRegistry().bind("servers", servers);
        servers.start();

        DefaultCliConnectorFactory cli = new DefaultCliConnectorFactory();
        cli.setEnabled(false);
        context.getRegistry().bind("cliConnector", cli);
        context.getManagementStrategy()
                .addEventNotifier(new CliConnection(cli, Boolean.parseBoolean(setting("cascade.cli.enabled"))));
        context.getManagementStrategy()
                .addEventNotifier(new Welcome(
                        servers,
                        "http://localhost:" + setting("cascade.api.port"),
                        setting("cascade.topic.prefix"),
                        TRY_NEXT));
    }

    /** Stops the servers that were started. */
    public void stop() {
        if (servers != null) {
            servers.stop();
        }
    }

    private String setting(String key) {
        return context.resolvePropertyPlaceholders("{{" + key + "}}");
    }

    private int number(String key) {
        return Integer.parseInt(setting(key));
    }
}
