package io.cdccascade.doctor;

import io.cdccascade.doctor.Finding.Severity;
import java.util.List;
import java.util.Locale;

/** What was found, as text for a terminal: a line for each thing that is right, and what to do about the others. */
public final class DoctorReport {

    private final List<Finding> findings;

    public DoctorReport(List<Finding> findings) {
        this.findings = List.copyOf(findings);
    }

    /** Whether nothing has to be done. */
    public boolean isGood() {
        return findings.stream().noneMatch(Finding::isTrouble);
    }

    /** The whole text. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            text.append("%-8s %-11s %s: %s%n"
                    .formatted(
                            finding.severity() == Severity.OK
                                    ? "ok"
                                    : finding.severity().name().toLowerCase(Locale.ROOT),
                            finding.server(),
                            finding.check(),
                            finding.meaning()));
            if (!finding.fix().isEmpty()) {
                text.append("%20s fix: %s%n".formatted("", finding.fix()));
            }
        }
        return text
                + "right: %d, notes: %d, warnings: %d, errors: %d%n"
                        .formatted(
                                count(Severity.OK),
                                count(Severity.NOTE),
                                count(Severity.WARNING),
                                count(Severity.ERROR));
    }

    private long count(Severity severity) {
        return findings.stream()
                .filter(finding -> finding.severity() == severity)
                .count();
    }
}
