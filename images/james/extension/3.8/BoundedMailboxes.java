package kit.james;

import java.io.InputStream;
import java.time.Clock;
import java.util.Date;
import javax.inject.Inject;
import javax.mail.Flags;
import org.apache.james.core.quota.QuotaSizeLimit;
import org.apache.james.core.quota.QuotaSizeUsage;
import org.apache.james.events.EventBus;
import org.apache.james.mailbox.MailboxPathLocker;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.mailbox.MessageManager.AppendCommand;
import org.apache.james.mailbox.MessageManager.AppendResult;
import org.apache.james.mailbox.SessionProvider;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.mailbox.exception.OverQuotaException;
import org.apache.james.mailbox.inmemory.InMemoryMailboxManager;
import org.apache.james.mailbox.inmemory.InMemoryMessageManager;
import org.apache.james.mailbox.model.Mailbox;
import org.apache.james.mailbox.model.MessageId;
import org.apache.james.mailbox.quota.QuotaManager;
import org.apache.james.mailbox.quota.QuotaRootResolver;
import org.apache.james.mailbox.store.MailboxSessionMapperFactory;
import org.apache.james.mailbox.store.PreDeletionHooks;
import org.apache.james.mailbox.store.BatchSizes;
import org.apache.james.mailbox.store.StoreMailboxAnnotationManager;
import org.apache.james.mailbox.store.StoreMessageManager;
import org.apache.james.mailbox.store.StoreRightManager;
import org.apache.james.mailbox.store.mail.ThreadIdGuessingAlgorithm;
import org.apache.james.mailbox.store.mail.model.impl.MessageParser;
import org.apache.james.mailbox.store.quota.QuotaComponents;
import org.apache.james.mailbox.store.search.MessageSearchIndex;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** James's mailboxes, which store a mail only where the heap has room to. */
public class BoundedMailboxes extends InMemoryMailboxManager {
    @Inject
    public BoundedMailboxes(MailboxSessionMapperFactory mappers, SessionProvider sessions, MailboxPathLocker locker,
            MessageParser parser, MessageId.Factory ids, EventBus events, StoreMailboxAnnotationManager annotations,
            StoreRightManager rights, QuotaComponents quotas, MessageSearchIndex index, PreDeletionHooks hooks,
            ThreadIdGuessingAlgorithm threads, Clock clock) {
        super(mappers, sessions, locker, parser, ids, events, annotations, rights, quotas, index, hooks, threads, clock);
    }

    @Override
    protected StoreMessageManager createMessageManager(Mailbox mailbox, MailboxSession session) {
        return new Messages(getMapperFactory(), getMessageSearchIndex(), getEventBus(), getLocker(), mailbox,
            getQuotaComponents().getQuotaManager(), getQuotaComponents().getQuotaRootResolver(), getMessageParser(),
            getMessageIdFactory(), configuration.getBatchSizes(), getStoreRightManager(), getPreDeletionHooks(),
            getThreadIdGuessingAlgorithm(), getClock());
    }

    private static final class Messages extends InMemoryMessageManager {
        private Messages(MailboxSessionMapperFactory mappers, MessageSearchIndex index, EventBus events,
                MailboxPathLocker locker, Mailbox mailbox, QuotaManager quotas, QuotaRootResolver roots, MessageParser parser,
                MessageId.Factory ids, BatchSizes batches, StoreRightManager rights, PreDeletionHooks hooks,
                ThreadIdGuessingAlgorithm threads, Clock clock) {
            super(mappers, index, events, locker, mailbox, quotas, roots, parser, ids, batches, rights, hooks, threads, clock);
        }

        @Override
        public AppendResult appendMessage(AppendCommand command, MailboxSession session) throws MailboxException {
            Room.Part part = part(size(command));
            try {
                return super.appendMessage(command, session);
            } finally {
                part.close();
            }
        }

        @Override
        public Publisher<AppendResult> appendMessageReactive(AppendCommand command, MailboxSession session) {
            return Mono.usingWhen(room(size(command)).onErrorMap(Room.None.class, none -> full(size(command))),
                part -> Mono.from(super.appendMessageReactive(command, session)),
                part -> Mono.fromRunnable(part::close));
        }

        @Override
        public AppendResult appendMessage(InputStream message, Date date, MailboxSession session, boolean recent, Flags flags)
                throws MailboxException {
            Room.Part part = part(Limits.MESSAGE);
            try {
                return super.appendMessage(message, date, session, recent, flags);
            } finally {
                part.close();
            }
        }

        /** The spooler has room of its own: what it delivers was taken already. */
        private static Mono<Room.Part> room(long size) {
            return Thread.currentThread().getName().startsWith("spooler")
                ? Mono.just(Room.nothing())
                : Room.await(Room.STORED * size);
        }

        private static Room.Part part(long size) throws OverQuotaException {
            try {
                return room(size).block();
            } catch (Room.None none) {
                throw full(size);
            }
        }

        private static long size(AppendCommand command) {
            try {
                return command.getMsgIn().size();
            } catch (MailboxException unreadable) {
                return Limits.MESSAGE;
            }
        }

        private static OverQuotaException full(long size) {
            return new OverQuotaException("There is no room for the mail now",
                QuotaSizeLimit.size(0), QuotaSizeUsage.size(size));
        }
    }
}
