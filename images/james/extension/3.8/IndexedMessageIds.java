package kit.james;

import java.util.Collection;
import org.apache.james.mailbox.inmemory.mail.InMemoryMessageIdMapper;
import org.apache.james.mailbox.model.ComposedMessageIdWithMetaData;
import org.apache.james.mailbox.model.MessageId;
import org.apache.james.mailbox.store.mail.MailboxMapper;
import org.apache.james.mailbox.store.mail.MessageMapper.FetchType;
import org.apache.james.mailbox.store.mail.model.MailboxMessage;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * Mails by their ids, of everybody: whoever asks looks at the rights. James's own reads all mail for that, and its
 * <code>findMetadata</code> tells of all mail, whatever the id: to expunge many mails filled the heap.
 */
final class IndexedMessageIds extends InMemoryMessageIdMapper {
    private final IndexedMessages messages;

    IndexedMessageIds(MailboxMapper mailboxes, IndexedMessages messages) {
        super(mailboxes, messages);
        this.messages = messages;
    }

    @Override
    public Publisher<ComposedMessageIdWithMetaData> findMetadata(MessageId id) {
        return Flux.defer(() -> Flux.fromIterable(messages.withId(id)))
            .map(MailboxMessage::getComposedMessageIdWithMetaData);
    }

    @Override
    public Flux<MailboxMessage> findReactive(Collection<MessageId> ids, FetchType type) {
        return Flux.fromIterable(ids).distinct().flatMapIterable(messages::withId);
    }
}
