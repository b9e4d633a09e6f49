package io.cdccascade.table;

/** A key that no row of the table can have. */
public final class InvalidKeyException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final String field;
    private final String detail;

    /**
     * @param field  the column whose value is wrong
     * @param detail what is wrong with it, for the caller, e.g. {@code must be a UUID}
     */
    public InvalidKeyException(String field, String detail) {
        super(field + " " + detail);
        this.field = field;
        this.detail = detail;
    }

    /** The column whose value is wrong. */
    public String field() {
        return field;
    }

    /** What is wrong with it, for the caller. */
    public String detail() {
        return detail;
    }
}
