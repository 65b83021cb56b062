package kit.james;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.imap.api.ImapMessage;
import org.apache.james.imap.api.display.HumanReadableText;
import org.apache.james.imap.api.message.Capability;
import org.apache.james.imap.api.message.request.ImapRequest;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.message.request.AuthenticateRequest;
import org.apache.james.imap.message.request.IRAuthenticateRequest;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.protocols.api.OidcSASLConfiguration;
import org.apache.james.user.api.UsersRepository;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * AUTHENTICATE that takes what clients send: OAUTHBEARER as RFC 7628 has it, a refusal with its reason, "*" to give up.
 * Passwords are tried with the address that they come from. Somebody's first login makes the mailboxes that a login by password makes.
 */
public class ImapAuthenticate extends Authentication {
    private static final Logger LOGGER = LoggerFactory.getLogger(ImapAuthenticate.class);
    private static final String QUESTION = ImapAuthenticate.class.getName() + ".question";

    private final UsersRepository users;

    @Inject
    public ImapAuthenticate(Parts parts, UsersRepository users) {
        super(parts);
        this.users = users;
    }

    @Override
    public Mono<Void> processReactive(ImapMessage message, Responder responder, ImapSession session) {
        return super.processReactive(message, responder, session).doFinally(signal -> sendQuestion(session));
    }

    @Override
    protected void processRequest(AuthenticateRequest request, ImapSession session, Responder responder) {
        if (mechanism(request).isEmpty() || !session.supportsOAuth()) {
            super.processRequest(request, session, responder);
        } else if (isInClear(session)) {
            LOGGER.warn("AUTHENTICATE {} before STARTTLS", request.getAuthType());
            no(request, responder, HumanReadableText.DISABLED_LOGIN);
        } else if (request instanceof IRAuthenticateRequest) {
            doOAuth(((IRAuthenticateRequest) request).getInitialClientResponse(), session, request, responder);
        } else {
            ask("", request, session, responder, answer -> doOAuth(answer, session, request, responder));
        }
    }

    /** What is told to a client whose token would go in clear: no mechanism, as of passwords. */
    @Override
    public List<Capability> getImplementedCapabilities(ImapSession session) {
        return isInClear(session) ? List.of(SASL_CAPABILITY) : super.getImplementedCapabilities(session);
    }

    private static boolean isInClear(ImapSession session) {
        return session.isSSLRequired() && session.supportStartTLS();
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
        if (session.oidcSaslConfiguration().isEmpty()) {
            super.doOAuth(response, session, request, responder);
            return;
        }
        OidcSASLConfiguration oidc = session.oidcSaslConfiguration().get();
        Optional<BearerResponse> parsed = BearerResponse.parse(response);
        Optional<Username> wanted = parsed.flatMap(said -> said.user(oidc));
        Optional<Username> proven = wanted.flatMap(user -> parsed.get().prove(oidc, users));
        if (proven.isEmpty()) {
            manageFailureCount(session, request, responder);
        } else if (proven.equals(wanted)) {
            authSuccess(proven.get(), session, request, responder);
        } else {
            actAs(wanted.get(), proven.get(), session, request, responder);
        }
        session.stopDetectingCommandInjection();
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

    @Override
    protected void no(ImapRequest request, Responder responder, HumanReadableText why) {
        if (ImapUnavailable.isMeantBy(why)) {
            responder.respond(new ImapUnavailable(request));
        } else {
            super.no(request, responder, why);
        }
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
            onLine(session, line -> {
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
