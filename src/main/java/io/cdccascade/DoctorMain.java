package io.cdccascade;

import io.cdccascade.doctor.DoctorReport;
import io.cdccascade.doctor.Finding;
import io.cdccascade.doctor.TableFilesLoader;
import io.cdccascade.table.CaptureContent;
import io.cdccascade.table.TableCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * {@code scripts/doctor}: examines the servers and the table files by the settings in this folder and the environment, while
 * the application runs or not. Starts no route and makes no bean but the table files'. Exits with 0 when nothing has to be
 * done, 1 when something has, and 2 when it cannot examine anything: it was called with arguments, or a setting is wrong.
 */
public final class DoctorMain {

    private static final int GOOD = 0;
    private static final int TROUBLE = 1;
    private static final int MISUSED = 2;
    private static final int KAFKA_TIMEOUT_MILLIS = 5_000;

    private DoctorMain() {}

    public static void main(String[] args) {
        if (args.length > 0) {
            System.err.println(
                    "usage: scripts/doctor (the settings are in application.properties and the environment)");
            System.exit(MISUSED);
        }
        // What clients log about a server that is unreachable is a finding.
        System.setProperty("log4j2.configurationFile", "log4j2-doctor.properties");
        System.exit(run());
    }

    private static int run() {
        try (CamelContext context = new DefaultCamelContext()) {
            context.getPropertiesComponent().setLocation(Settings.LOCATION);
            context.build();
            Settings settings = new Settings(context);
            Servers servers = new Servers(settings);
            Map<String, String> unreadable = new TableFilesLoader(context)
                    .load(settings.text("cascade.tables.files"), settings.text("camel.main.routes-include-pattern"));
            List<Finding> findings = new ArrayList<>();
            unreadable.forEach((file, cause) -> findings.add(new Finding(
                    "files", file, Finding.Severity.ERROR, "cannot be loaded: " + cause, "correct the file")));
            findings.addAll(servers.doctor(
                            () -> servers.kafka(KAFKA_TIMEOUT_MILLIS),
                            new TableCheck(
                                    context,
                                    settings.text("cascade.capture.publication"),
                                    CaptureContent.parse(
                                            settings.text("cascade.capture.content"),
                                            settings.text("cascade.capture.mode"))))
                    .examine());
            DoctorReport report = new DoctorReport(findings);
            System.out.print(report.text());
            return report.isGood() ? GOOD : TROUBLE;
        } catch (Exception e) {
            System.err.println(reason(e));
            return MISUSED;
        }
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
