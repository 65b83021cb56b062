package kit.james;

/**
 * What people may keep here and send at once, in bytes: system properties of jvm.properties, written by the kit from the
 * heap, which holds all of it.
 */
final class Limits {
    /** One mail, by whatever protocol. */
    static final long MESSAGE = bytes("message", 24);
    /** One upload. */
    static final long UPLOAD = bytes("upload", 24);
    /** All mail of one person, and of all. */
    static final long QUOTA = bytes("quota", 16);
    static final long MAIL = bytes("mail", 8);
    /** What one person and all have uploaded within an hour and not yet used. */
    static final long UPLOADS_PER_PERSON = bytes("uploadsPerPerson", 24);
    static final long UPLOADS = bytes("uploads", 12);
    /** One JMAP request: what is read from JSON is ten times as large. */
    static final long REQUEST = MESSAGE / 4;

    /** What a mail costs beside its bytes, as so many of them more: many small ones would fill the heap; measured. */
    static final long OVERHEAD = 1024;

    private Limits() {
    }

    private static long bytes(String name, int partOfHeap) {
        return Long.getLong("kit.limits." + name, Runtime.getRuntime().maxMemory() / partOfHeap);
    }
}
