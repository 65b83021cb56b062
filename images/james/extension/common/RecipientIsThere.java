package kit.james;

import com.google.common.base.Throwables;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.ResultCode;
import java.util.Collection;
import javax.mail.MessagingException;
import org.apache.james.core.MailAddress;
import org.apache.james.transport.matchers.RecipientIsLocal;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * James's RecipientIsLocal, which waits for a directory that does not answer. James's own puts the mail aside as an error:
 * somebody would have to see it there, and mail that was accepted would not come.
 */
public class RecipientIsThere extends RecipientIsLocal {
    private static final Logger LOGGER = LoggerFactory.getLogger(RecipientIsThere.class);
    private static final long MILLISECONDS_BETWEEN_QUESTIONS = 1_000;

    @Override
    public Collection<MailAddress> match(Mail mail) throws MessagingException {
        for (boolean told = false;; told = true) {
            try {
                return super.match(mail);
            } catch (RuntimeException e) {
                if (Throwables.getCausalChain(e).stream().noneMatch(RecipientIsThere::isOfTheDirectory)) {
                    throw e;
                }
                if (!told) {
                    LOGGER.warn("{} and what was accepted behind it wait until the directory answers: {}", mail.getName(),
                        e.getMessage());
                }
                await();
            }
        }
    }

    /** Whether it holds for whoever is looked for: what is wrong with one address must not keep the mail of all. */
    private static boolean isOfTheDirectory(Throwable cause) {
        if (!(cause instanceof LDAPException)) {
            return false;
        }
        ResultCode code = ((LDAPException) cause).getResultCode();
        return !ResultCode.isConnectionUsable(code) || code.equals(ResultCode.INVALID_CREDENTIALS);
    }

    private static void await() throws MessagingException {
        try {
            Thread.sleep(MILLISECONDS_BETWEEN_QUESTIONS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MessagingException("James ends", e);
        }
    }
}
