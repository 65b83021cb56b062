package kit.james;

import javax.inject.Inject;
import javax.mail.MessagingException;
import org.apache.james.core.MailAddress;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.domainlist.api.DomainListException;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.mailbox.model.MailboxPath;
import org.apache.james.mailbox.quota.QuotaManager;
import org.apache.james.mailbox.quota.QuotaRootResolver;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.smtpserver.JamesMessageHook;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.api.UsersRepositoryException;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses a mail for which nobody's quota has room: the sender learns it at once. Where others have room they get it, and James
 * tells of the rest, as an answer here is for all.
 */
public class SmtpQuota implements JamesMessageHook {
    private static final Logger LOGGER = LoggerFactory.getLogger(SmtpQuota.class);

    private final DomainList domains;
    private final UsersRepository users;
    private final QuotaManager quotas;
    private final QuotaRootResolver roots;

    @Inject
    public SmtpQuota(DomainList domains, UsersRepository users, QuotaManager quotas, QuotaRootResolver roots) {
        this.domains = domains;
        this.users = users;
        this.quotas = quotas;
        this.roots = roots;
    }

    @Override
    public HookResult onMessage(SMTPSession session, Mail mail) {
        try {
            for (MailAddress recipient : mail.getRecipients()) {
                if (!domains.containsDomain(recipient.getDomain()) || !isFull(recipient, mail.getMessageSize())) {
                    return HookResult.DECLINED;
                }
            }
            return HookResult.builder()
                .hookReturnCode(HookReturnCode.deny())
                .smtpReturnCode("552")
                .smtpDescription("5.2.2 Mailbox is full")
                .build();
        } catch (MessagingException | MailboxException | UsersRepositoryException | DomainListException | RuntimeException e) {
            LOGGER.warn("It is not known whether somebody's quota has room for a mail", e);
        }
        return HookResult.DECLINED;
    }

    private boolean isFull(MailAddress recipient, long bytes) throws MailboxException, UsersRepositoryException {
        MailboxPath inbox = MailboxPath.inbox(users.getUsername(recipient));
        return quotas.getStorageQuota(roots.getQuotaRoot(inbox)).isOverQuotaWithAdditionalValue(bytes);
    }
}
