package dev.linewarden;

/** An error of the library: the message for people, the status for programs. */
public final class LinewardenException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** One of the numbers of {@link Status}. */
    public final int status;

    LinewardenException(int status, String message) {
        super(message);
        this.status = status;
    }
}
