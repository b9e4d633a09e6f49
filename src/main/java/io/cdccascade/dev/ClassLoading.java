package io.cdccascade.dev;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;

/**
 * Lets this project and its libraries find their classes and resources when the Camel CLI runs them from source. Kafka's
 * clients, Debezium and others ask the thread's context class loader. Under the CLI that one knows the CLI only, or the
 * libraries too while Camel starts, but neither the classes that were compiled from source nor any resources.
 */
public final class ClassLoading implements CamelContextAware {

    private final String resources;
    private CamelContext camelContext;

    /** @param resources the folder of the resources that are not on the classpath */
    public ClassLoading(String resources) {
        this.resources = resources;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    /** Gives Camel, this thread and those that they start a loader that knows all of it. Does nothing without the CLI. */
    public void adopt() throws MalformedURLException {
        if (camelContext.getApplicationContextClassLoader() != null) {
            var loader = new URLClassLoader(
                    new URL[] {Path.of(resources).toUri().toURL()}, ClassLoading.class.getClassLoader());
            camelContext.setApplicationContextClassLoader(loader);
            Thread.currentThread().setContextClassLoader(loader);
        }
    }
}
