package kit.james;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Optional;
import java.util.function.Consumer;
import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.imap.api.ImapMessage;
import org.apache.james.imap.api.display.HumanReadableText;
import org.apache.james.imap.api.message.request.ImapRequest;
import org.apache.james.imap.api.message.response.StatusResponseFactory;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.message.request.AuthenticateRequest;
import org.apache.james.imap.message.request.IRAuthenticateRequest;
import org.apache.james.imap.processor.AuthenticateProcessor;
import org.apache.james.mailbox.MailboxManager;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.metrics.api.MetricFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * AUTHENTICATE that takes what clients send: OAUTHBEARER as RFC 7628 has it, a refusal with its reason, "*" to give up.
 * Passwords are tried with the address that they come from. Somebody's first login makes the mailboxes that a login by password makes.
 */
public class ImapAuthenticate extends AuthenticateProcessor {
    private static final Logger LOGGER = LoggerFactory.getLogger(ImapAuthenticate.class);
    private static final String QUESTION = ImapAuthenticate.class.getName() + ".question";

    @Inject
    public ImapAuthenticate(MailboxManager mailboxes, StatusResponseFactory responses, MetricFactory metrics) {
        super(mailboxes, responses, metrics);
    }

    @Override
    public Mono<Void> processReactive(ImapMessage message, Responder responder, ImapSession session) {
        return super.processReactive(message, responder, session).doFinally(signal -> sendQuestion(session));
    }

    @Override
    protected void processRequest(AuthenticateRequest request, ImapSession session, Responder responder) {
        if (mechanism(request).isEmpty() || !session.supportsOAuth()) {
            super.processRequest(request, session, responder);
        } else if (request instanceof IRAuthenticateRequest) {
            doOAuth(((IRAuthenticateRequest) request).getInitialClientResponse(), session, request, responder);
        } else {
            ask("", request, session, responder, answer -> doOAuth(answer, session, request, responder));
        }
    }

    @Override
    protected void doAuth(AuthenticationAttempt attempt, ImapSession session, ImapRequest request, Responder responder,
                          HumanReadableText failed) {
        ImapPeer.noted(session, () -> super.doAuth(attempt, session, request, responder, failed));
    }

    @Override
    protected void doAuthWithDelegation(AuthenticationAttempt attempt, ImapSession session, ImapRequest request,
                                        Responder responder) {
        ImapPeer.noted(session, () -> super.doAuthWithDelegation(attempt, session, request, responder));
    }

    @Override
    protected void doOAuth(String response, ImapSession session, ImapRequest request, Responder responder) {
        BearerResponse.parse(response)
            .flatMap(parsed -> session.oidcSaslConfiguration().flatMap(parsed::inJamesForm))
            .ifPresentOrElse(
                understood -> super.doOAuth(understood, session, request, responder),
                () -> manageFailureCount(session, request, responder));
    }

    @Override
    protected void authSuccess(Username user, ImapSession session, ImapRequest request, Responder responder) {
        MailboxSession mailboxSession = getMailboxManager().createSystemSession(user);
        session.authenticated();
        session.setMailboxSession(mailboxSession);
        try {
            provisionInbox(session, getMailboxManager(), mailboxSession);
        } catch (MailboxException e) {
            LOGGER.warn("Mailboxes of {} cannot be made", user.asString(), e);
        }
        okComplete(request, responder);
    }

    /**
     * RFC 7628, section 3.2.3: first the reason, and after the client's answer to that, NO. XOAUTH2 does without: some
     * servers give a reason there, some do not, and mbsync 1.4 hangs when one does.
     */
    @Override
    protected void manageFailureCount(ImapSession session, ImapRequest request, Responder responder) {
        Optional<String> reason = mechanism(request)
            .filter(mechanism -> mechanism == BearerMechanism.OAUTHBEARER)
            .flatMap(mechanism -> session.oidcSaslConfiguration().map(mechanism::refusal));
        if (reason.isEmpty()) {
            super.manageFailureCount(session, request, responder);
        } else {
            ask(reason.get(), request, session, responder,
                answer -> super.manageFailureCount(session, request, responder));
        }
    }

    /** Sends a challenge when what is being done is done, and hands on what the client answers. */
    private void ask(String challenge, ImapRequest request, ImapSession session, Responder responder,
                     Consumer<String> whenAnswered) {
        Runnable question = () -> {
            session.pushLineHandler((sameSession, line) -> {
                session.popLineHandler();
                String answer = new String(line, US_ASCII).trim();
                try {
                    if (answer.equals("*")) {
                        no(request, responder, HumanReadableText.AUTHENTICATION_FAILED);
                    } else {
                        whenAnswered.accept(answer);
                    }
                } catch (RuntimeException e) {
                    LOGGER.warn("A login failed", e);
                    no(request, responder, HumanReadableText.GENERIC_FAILURE_DURING_PROCESSING);
                }
                responder.flush();
                sendQuestion(session);
            });
            responder.respond(new ImapChallenge(challenge));
            responder.flush();
        };
        session.setAttribute(QUESTION, question);
    }

    /**
     * Answers are read on the connection's own thread. Questions are sent on it too, when no other writes any more, since
     * nothing guards the buffer of a response: what is in it would be sent twice.
     */
    private static void sendQuestion(ImapSession session) {
        Runnable question = (Runnable) session.getAttribute(QUESTION);
        if (question != null) {
            session.setAttribute(QUESTION, null);
            session.executeSafely(question);
        }
    }

    private static Optional<BearerMechanism> mechanism(ImapRequest request) {
        return request instanceof AuthenticateRequest
            ? BearerMechanism.of(((AuthenticateRequest) request).getAuthType())
            : Optional.empty();
    }
}
