package kit.james;

import javax.inject.Inject;
import org.apache.james.imap.api.display.HumanReadableText;
import org.apache.james.imap.api.message.request.ImapRequest;
import org.apache.james.imap.api.message.response.StatusResponseFactory;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.processor.LoginProcessor;
import org.apache.james.mailbox.MailboxManager;
import org.apache.james.metrics.api.MetricFactory;

/** LOGIN that says from where, and tells a directory that does not answer from a wrong password. */
public class ImapLogin extends LoginProcessor {
    @Inject
    public ImapLogin(MailboxManager mailboxManager, StatusResponseFactory factory, MetricFactory metricFactory) {
        super(mailboxManager, factory, metricFactory);
    }

    @Override
    protected void doAuth(
            AuthenticationAttempt attempt, ImapSession session, ImapRequest request, Responder responder, HumanReadableText failed) {
        ImapPeer.noted(session, () -> super.doAuth(attempt, session, request, responder, failed));
    }

    @Override
    protected void no(ImapRequest request, Responder responder, HumanReadableText why) {
        if (ImapUnavailable.isMeantBy(why)) {
            responder.respond(new ImapUnavailable(request));
        } else {
            super.no(request, responder, why);
        }
    }
}
