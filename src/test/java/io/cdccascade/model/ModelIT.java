package io.cdccascade.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * Checks the models with Spin: the protocol is safe, and every weaker one is found out. Skipped where Spin or a C compiler is
 * missing; {@code model/check} says how to get them, and continuous integration installs them.
 *
 * <p>Without the variants of more than two million states. With them it takes two minutes more:
 * {@code ./mvnw test -Dtest=ModelIT -Dcascade.model=all}
 */
class ModelIT {

    @Test
    void theProtocolIsSafeAndEveryWeakerOneIsFoundOut() throws IOException, InterruptedException {
        Process check = new ProcessBuilder("model/check", System.getProperty("cascade.model", "quick"))
                .redirectErrorStream(true)
                .start();
        String table = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = check.waitFor();

        assumeThat(installed("spin") && installed("gcc")).as(table).isTrue();
        System.out.println(table);
        assertThat(exit).as(table).isZero();
    }

    private static boolean installed(String program) throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "command -v " + program).start().waitFor() == 0;
    }
}
