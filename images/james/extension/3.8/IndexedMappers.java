package kit.james;

import java.time.Clock;
import javax.inject.Inject;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.mailbox.inmemory.InMemoryMailboxSessionMapperFactory;
import org.apache.james.mailbox.inmemory.mail.InMemoryMailboxMapper;
import org.apache.james.mailbox.inmemory.mail.InMemoryMessageMapper;
import org.apache.james.mailbox.model.Mailbox;
import org.apache.james.mailbox.store.mail.AttachmentMapper;
import org.apache.james.mailbox.store.mail.MailboxMapper;
import org.apache.james.mailbox.store.mail.MessageIdMapper;
import reactor.core.publisher.Mono;

/** Where mailboxes, mails and attachments are kept: one of each, for all sessions. */
public class IndexedMappers extends InMemoryMailboxSessionMapperFactory {
    private final Attachments attachments = new Attachments();
    private final IndexedMessages messages;
    private final MailboxMapper mailboxes;
    private final MessageIdMapper messageIds;

    @Inject
    public IndexedMappers(Clock clock) {
        super(clock);
        messages = new IndexedMessages(getUidProvider(), getModSeqProvider(), clock, attachments);
        mailboxes = new InMemoryMailboxMapper() {
            @Override
            public Mono<Void> delete(Mailbox mailbox) {
                return super.delete(mailbox).then(Mono.fromRunnable(() -> messages.forget(mailbox.getMailboxId())));
            }
        };
        messageIds = new IndexedMessageIds(mailboxes, messages);
    }

    @Override
    public MailboxMapper createMailboxMapper(MailboxSession session) {
        return mailboxes;
    }

    @Override
    public InMemoryMessageMapper createMessageMapper(MailboxSession session) {
        return messages;
    }

    @Override
    public MessageIdMapper createMessageIdMapper(MailboxSession session) {
        return messageIds;
    }

    @Override
    public AttachmentMapper createAttachmentMapper(MailboxSession session) {
        return attachments;
    }

    @Override
    public AttachmentMapper getAttachmentMapper(MailboxSession session) {
        return attachments;
    }
}
