package io.cdccascade.table;

/** A key that the table cannot have. */
public final class InvalidKeyException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final String field;
    private final String detail;

    /**
     * @param field  the column that is to blame
     * @param detail what is wrong with it, for a person
     */
    public InvalidKeyException(String field, String detail) {
        super(field + " " + detail);
        this.field = field;
        this.detail = detail;
    }

    /** The column that is to blame. */
    public String field() {
        return field;
    }

    /** What is wrong with it. */
    public String detail() {
        return detail;
    }
}
