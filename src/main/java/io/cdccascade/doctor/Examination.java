package io.cdccascade.doctor;

/** Examines one server. It only reads. */
interface Examination {

    /** The server's name in findings. */
    String server();

    /**
     * Adds what is found.
     *
     * @throws Exception if the server could not be examined; its cause says why
     */
    void examine(Findings findings) throws Exception;
}
