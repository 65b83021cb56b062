package kit.james;

import javax.inject.Inject;
import org.apache.james.imap.api.message.request.ImapRequest;
import org.apache.james.imap.api.message.response.StatusResponseFactory;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.processor.AuthenticateProcessor;
import org.apache.james.mailbox.MailboxManager;
import org.apache.james.metrics.api.MetricFactory;

/** AUTHENTICATE that takes what clients send. */
public class ImapAuthenticate extends AuthenticateProcessor {
    @Inject
    public ImapAuthenticate(MailboxManager mailboxManager, StatusResponseFactory factory, MetricFactory metricFactory) {
        super(mailboxManager, factory, metricFactory);
    }

    @Override
    protected void doOAuth(String initialResponse, ImapSession session, ImapRequest request, Responder responder) {
        String understood = BearerResponse.parse(initialResponse)
            .map(response -> response.inJamesForm(""))
            .orElse("");
        super.doOAuth(understood, session, request, responder);
    }
}
