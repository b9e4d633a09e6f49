package io.cdccascade;

import org.apache.camel.main.Main;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the routes under Camel Main; everything else stands in {@code application.properties} and {@code routes/}. */
public final class Application {

    private Application() {}

    /** Runs until it is stopped; exits with 1 when it cannot start. */
    public static void main(String[] args) {
        Main main = new Main(Application.class);
        main.setDefaultPropertyPlaceholderLocation(Settings.LOCATION);
        try {
            System.exit(main.run(args));
        } catch (Exception e) {
            Logger log = LoggerFactory.getLogger(Application.class);
            log.debug("Not started", e);
            log.error("Not started: {}", reason(e));
            System.exit(1);
        }
    }

    /** What is wrong, without what Camel was doing at the time: the first cause says it best. */
    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
