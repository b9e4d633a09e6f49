package io.cdccascade.http;

/** A request that is answered with a problem document; it costs no stack trace, because a caller can cause it. */
public final class ProblemException extends RuntimeException {

    private final transient Problem problem;

    public ProblemException(Problem problem) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
    }

    /** The document that answers the request. */
    public Problem problem() {
        return problem;
    }
}
