package kit.james;

import javax.inject.Inject;
import javax.mail.MessagingException;
import org.apache.james.core.MailAddress;
import org.apache.james.domainlist.api.DomainListException;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.smtpserver.SendMailHandler;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes a mail, unless memory has no room for it: the sender learns it at once. James itself would tell him 451. */
public class SmtpRoom extends SendMailHandler {
    private static final Logger LOGGER = LoggerFactory.getLogger(SmtpRoom.class);
    private static final HookResult NO_ROOM = HookResult.builder()
        .hookReturnCode(HookReturnCode.denySoft())
        .smtpReturnCode("452")
        .smtpDescription("4.3.1 Insufficient system storage")
        .build();

    private final DomainList domains;
    private final CountedMail counted;
    private final BoundedQueues waiting;

    @Inject
    public SmtpRoom(MailQueueFactory<?> queues, DomainList domains, CountedMail counted, BoundedQueues waiting) {
        super(queues);
        this.domains = domains;
        this.counted = counted;
        this.waiting = waiting;
    }

    @Override
    public HookResult onMessage(SMTPSession session, Mail mail) {
        try {
            long size = mail.getMessageSize();
            int local = 0;
            for (MailAddress recipient : mail.getRecipients()) {
                local += domains.containsDomain(recipient.getDomain()) ? 1 : 0;
            }
            if (counted.total() + waiting.undelivered() + size * local > Limits.MAIL) {
                return NO_ROOM;
            }
        } catch (MessagingException | DomainListException e) {
            LOGGER.warn("It is not known whether there is room for a mail", e);
        }
        HookResult result = super.onMessage(session, mail);
        return result.getResult().getAction() == HookReturnCode.Action.DENYSOFT
            ? NO_ROOM
            : result;
    }
}
