package io.cdccascade.support;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Makes every wait of the tests outlast a busy machine: Awaitility's own ten seconds do not. A condition that holds is
 * seen as soon as ever. Found by JUnit in {@code META-INF/services}.
 */
public final class Patience implements BeforeAllCallback {

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(3));
    }
}
