package kit.james;

import java.util.function.Consumer;
import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.imap.api.message.request.ImapRequest;
import org.apache.james.imap.api.message.response.StatusResponseFactory;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.main.PathConverter;
import org.apache.james.imap.processor.AuthenticateProcessor;
import org.apache.james.mailbox.MailboxManager;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.util.ReactorUtils;
import reactor.core.publisher.Mono;

/** What this release's AUTHENTICATE has in another form than others. */
public abstract class Authentication extends AuthenticateProcessor {
    /** What it is made of. */
    public static final class Parts {
        private final MailboxManager mailboxes;
        private final StatusResponseFactory responses;
        private final MetricFactory metrics;
        private final PathConverter.Factory paths;

        @Inject
        public Parts(
                MailboxManager mailboxes, StatusResponseFactory responses, MetricFactory metrics, PathConverter.Factory paths) {
            this.mailboxes = mailboxes;
            this.responses = responses;
            this.metrics = metrics;
            this.paths = paths;
        }
    }

    protected Authentication(Parts parts) {
        super(parts.mailboxes, parts.responses, parts.metrics, parts.paths);
    }

    /** Logs somebody in as whoever let him. */
    protected final void actAs(
            Username other, Username proven, ImapSession session, ImapRequest request, Responder responder) {
        doAuthWithDelegation(() -> getMailboxManager().authenticate(proven).as(other), session, request, responder, proven, other);
    }

    /** Hands on the next line, on a thread that may wait for the directory and the database. */
    protected static void onLine(ImapSession session, Consumer<byte[]> line) {
        session.pushLineHandler((sameSession, data) -> Mono.<Void>fromRunnable(() -> line.accept(data))
            .subscribeOn(ReactorUtils.BLOCKING_CALL_WRAPPER));
    }
}
