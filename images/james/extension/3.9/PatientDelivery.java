package kit.james;

import java.util.List;
import javax.inject.Inject;
import javax.mail.MessagingException;
import org.apache.james.IsStartedProbe;
import org.apache.james.backends.postgres.utils.PostgresHealthCheck;
import org.apache.james.core.MailAddress;
import org.apache.james.core.healthcheck.Result;
import org.apache.james.mailetcontainer.api.MailProcessor;
import org.apache.james.mailetcontainer.impl.CompositeProcessorImpl;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Waits with what was accepted until James has started, and while the database is away, where James puts a mail aside after
 * five tries within a second: somebody would have to see it there, and mail that was accepted would not come.
 */
public class PatientDelivery implements MailProcessor {
    private static final Logger LOGGER = LoggerFactory.getLogger(PatientDelivery.class);
    private static final long MILLISECONDS_BETWEEN_QUESTIONS = 1_000;

    private final CompositeProcessorImpl james;
    private final PostgresHealthCheck database;
    private final IsStartedProbe start;

    @Inject
    public PatientDelivery(CompositeProcessorImpl james, PostgresHealthCheck database, IsStartedProbe start) {
        this.james = james;
        this.database = database;
        this.start = start;
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        String state = mail.getState();
        List<MailAddress> recipients = List.copyOf(mail.getRecipients());
        for (;;) {
            awaitDatabase(mail);
            try {
                james.service(mail);
                return;
            } catch (MessagingException | RuntimeException e) {
                if (isThere()) {
                    throw e;
                }
                mail.setState(state);
                mail.setRecipients(recipients);
            }
        }
    }

    private void awaitDatabase(Mail mail) throws MessagingException {
        for (boolean told = false; !isThere(); told = true) {
            if (!told) {
                LOGGER.warn("{} and what was accepted behind it wait until James has started and has its database",
                    mail.getName());
            }
            try {
                Thread.sleep(MILLISECONDS_BETWEEN_QUESTIONS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MessagingException("James ends", e);
            }
        }
    }

    private boolean isThere() {
        return start.isStarted()
            && Mono.from(database.check()).map(Result::isHealthy).onErrorReturn(false).blockOptional().orElse(false);
    }
}
