package kit.james;

import java.util.ArrayList;
import java.util.List;
import javax.inject.Inject;
import javax.mail.MessagingException;
import org.apache.james.core.MailAddress;
import org.apache.james.core.Username;
import org.apache.james.domainlist.api.DomainListException;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.mailbox.model.MailboxPath;
import org.apache.james.mailbox.quota.QuotaManager;
import org.apache.james.mailbox.quota.QuotaRootResolver;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.smtpserver.SendMailHandler;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.api.UsersRepositoryException;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a mail, unless one who is to get it has no room for it: the sender learns it at once. James itself would tell him
 * by a bounce, and 451 where it has no memory.
 */
public class SmtpRoom extends SendMailHandler {
    private static final Logger LOGGER = LoggerFactory.getLogger(SmtpRoom.class);

    private final DomainList domains;
    private final UsersRepository users;
    private final QuotaManager quotas;
    private final QuotaRootResolver roots;
    private final CountedMail counted;
    private final BoundedQueues waiting;

    @Inject
    public SmtpRoom(MailQueueFactory<?> queues, DomainList domains, UsersRepository users, QuotaManager quotas,
            QuotaRootResolver roots, CountedMail counted, BoundedQueues waiting) {
        super(queues);
        this.domains = domains;
        this.users = users;
        this.quotas = quotas;
        this.roots = roots;
        this.counted = counted;
        this.waiting = waiting;
    }

    @Override
    public HookResult onMessage(SMTPSession session, Mail mail) {
        try {
            long size = mail.getMessageSize();
            List<MailAddress> local = new ArrayList<>();
            for (MailAddress recipient : mail.getRecipients()) {
                if (domains.containsDomain(recipient.getDomain())) {
                    local.add(recipient);
                }
            }
            for (MailAddress recipient : local) {
                Username user = users.getUsername(recipient);
                if (quotas.getStorageQuota(roots.getQuotaRoot(MailboxPath.inbox(user))).isOverQuotaWithAdditionalValue(size)) {
                    return refused(HookReturnCode.deny(), "552", "5.2.2 Mailbox of " + recipient.asString() + " is full");
                }
            }
            if (counted.total() + waiting.undelivered() + size * local.size() > Limits.MAIL) {
                return refused(HookReturnCode.denySoft(), "452", "4.3.1 Insufficient system storage");
            }
        } catch (MessagingException | MailboxException | UsersRepositoryException | DomainListException e) {
            LOGGER.warn("It is not known whether there is room for a mail", e);
        }
        HookResult result = super.onMessage(session, mail);
        return result.getResult().getAction() == HookReturnCode.Action.DENYSOFT
            ? refused(HookReturnCode.denySoft(), "452", "4.3.1 Insufficient system storage")
            : result;
    }

    private static HookResult refused(HookReturnCode code, String smtp, String description) {
        return HookResult.builder().hookReturnCode(code).smtpReturnCode(smtp).smtpDescription(description).build();
    }
}
