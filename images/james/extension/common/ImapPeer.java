package kit.james;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.util.MDCBuilder;

/** IMAP works on other threads than it reads on, and notes nothing there. */
final class ImapPeer {
    /** Where James keeps what it notes of a session: <code>ImapChannelUpstreamHandler.MDC_KEY</code>. */
    private static final String NOTES = "bound_MDC";

    private ImapPeer() {
    }

    static void noted(ImapSession session, Runnable work) {
        Object notes = session.getAttribute(NOTES);
        if (!(notes instanceof MDCBuilder)) {
            work.run();
            return;
        }
        Closeable noted = ((MDCBuilder) notes).build();
        try {
            work.run();
        } finally {
            close(noted);
        }
    }

    private static void close(Closeable noted) {
        try {
            noted.close();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
