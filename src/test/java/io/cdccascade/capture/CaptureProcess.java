package io.cdccascade.capture;

import java.io.FileReader;
import java.util.Properties;

/** The shipped capture route in a process of its own, which tests can kill. */
final class CaptureProcess {

    private CaptureProcess() {}

    /**
     * @param args one argument, the file with the settings
     */
    public static void main(String[] args) throws Exception {
        var settings = new Properties();
        try (var reader = new FileReader(args[0])) {
            settings.load(reader);
        }
        CaptureRig.main(settings).run();
    }
}
