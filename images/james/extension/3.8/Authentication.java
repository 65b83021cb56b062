package kit.james;

import java.util.function.Consumer;
import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.imap.api.message.request.ImapRequest;
import org.apache.james.imap.api.message.response.StatusResponseFactory;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.processor.AuthenticateProcessor;
import org.apache.james.mailbox.MailboxManager;
import org.apache.james.metrics.api.MetricFactory;

/** What this release's AUTHENTICATE has in another form than others. */
public abstract class Authentication extends AuthenticateProcessor {
    /** What it is made of. */
    public static final class Parts {
        private final MailboxManager mailboxes;
        private final StatusResponseFactory responses;
        private final MetricFactory metrics;

        @Inject
        public Parts(MailboxManager mailboxes, StatusResponseFactory responses, MetricFactory metrics) {
            this.mailboxes = mailboxes;
            this.responses = responses;
            this.metrics = metrics;
        }
    }

    protected Authentication(Parts parts) {
        super(parts.mailboxes, parts.responses, parts.metrics);
    }

    /** Logs somebody in as whoever let him. */
    protected final void actAs(
            Username other, Username proven, ImapSession session, ImapRequest request, Responder responder) {
        doAuthWithDelegation(() -> getMailboxManager().authenticate(proven).as(other), session, request, responder);
    }

    /** Hands on the next line. */
    protected static void onLine(ImapSession session, Consumer<byte[]> line) {
        session.pushLineHandler((sameSession, data) -> line.accept(data));
    }
}
