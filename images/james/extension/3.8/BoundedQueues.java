package kit.james;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.annotation.PreDestroy;
import javax.inject.Inject;
import javax.mail.MessagingException;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueueItemDecoratorFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.mailet.Mail;
import reactor.core.publisher.Flux;

/** James's queues, which hold a copy of each mail in memory: what finds no room is not taken. */
public class BoundedQueues extends MemoryMailQueueFactory {
    private final Map<MailQueueName, MemoryCacheableMailQueue> queues = new ConcurrentHashMap<>();
    private final MailQueueItemDecoratorFactory decorators;
    private final Clock clock;
    private final AtomicLong undelivered = new AtomicLong();
    private final Set<Item> processing = ConcurrentHashMap.newKeySet();

    @Inject
    public BoundedQueues(MailQueueItemDecoratorFactory decorators, Clock clock) {
        super(decorators, clock);
        this.decorators = decorators;
        this.clock = clock;
    }

    @Override
    public Set<MailQueueName> listCreatedMailQueues() {
        return Set.copyOf(queues.keySet());
    }

    @Override
    public Optional<MemoryCacheableMailQueue> getQueue(MailQueueName name, PrefetchCount count) {
        Optional<MemoryCacheableMailQueue> queue = Optional.ofNullable(queues.get(name));
        queue.ifPresent(MemoryCacheableMailQueue::reference);
        return queue;
    }

    @Override
    public MemoryCacheableMailQueue createQueue(MailQueueName name, PrefetchCount count) {
        MemoryCacheableMailQueue queue = queues.computeIfAbsent(name, any -> new Queue(name, decorators, clock));
        queue.reference();
        return queue;
    }

    @Override
    @PreDestroy
    public void clean() {
        queues.clear();
        super.clean();
    }

    /** What the mails in the queues will cost when they are delivered, one for each recipient. */
    long undelivered() {
        return undelivered.get();
    }

    private final class Queue extends MemoryCacheableMailQueue {
        /** What this much room is found for is no matter: bounces must not be lost. */
        private static final long SMALL = 256 * 1024;

        private Queue(MailQueueName name, MailQueueItemDecoratorFactory decorators, Clock clock) {
            super(name, decorators, clock);
        }

        @Override
        public void enQueue(Mail mail) throws MailQueueException {
            enQueue(mail, Duration.ZERO);
        }

        @Override
        public void enQueue(Mail mail, long delay, TimeUnit unit) throws MailQueueException {
            enQueue(mail, Duration.of(delay, unit.toChronoUnit()));
        }

        @Override
        public void enQueue(Mail mail, Duration delay) throws MailQueueException {
            long size = size(mail);
            Room.Part part;
            try {
                part = size <= SMALL ? Room.nothing() : Room.await(Room.QUEUED * size).block();
            } catch (Room.None none) {
                throw new MailQueueException(none.getMessage(), none);
            }
            try {
                super.enQueue(mail, delay);
                undelivered.addAndGet(cost(size, mail));
            } finally {
                part.close();
            }
        }

        @Override
        public Flux<MailQueueItem> deQueue() {
            return super.deQueue().map(Item::new);
        }

        @Override
        public long flush() throws MailQueueException {
            long count = super.flush();
            recount();
            return count;
        }

        @Override
        public long clear() {
            long count = super.clear();
            recount();
            return count;
        }

        @Override
        public long remove(Type type, String value) {
            long count = super.remove(type, value);
            recount();
            return count;
        }

        private long size(Mail mail) throws MailQueueException {
            try {
                return mail.getMessageSize();
            } catch (MessagingException unreadable) {
                throw new MailQueueException("The size of the mail is not known", unreadable);
            }
        }
    }

    private final class Item implements MailQueueItem {
        private final MailQueueItem item;
        private final long bytes;

        private Item(MailQueueItem item) {
            this.item = item;
            // Before anything is done with it: that changes it.
            this.bytes = bytes(item.getMail());
            processing.add(this);
        }

        @Override
        public Mail getMail() {
            return item.getMail();
        }

        /** Called again, for another try, when the first call failed. */
        @Override
        public void done(CompletionStatus status) throws MailQueueException {
            if (processing.remove(this)) {
                undelivered.addAndGet(-bytes);
            }
            item.done(status);
        }
    }

    /** When an administrator took mails out, or had them taken up again. */
    private void recount() {
        long bytes = processing.stream().mapToLong(item -> item.bytes).sum();
        for (MemoryCacheableMailQueue queue : queues.values()) {
            for (ManageableMailQueue.MailQueueIterator mails = queue.browse(); mails.hasNext();) {
                bytes += bytes(mails.next().getMail());
            }
        }
        undelivered.set(bytes);
    }

    private static long cost(long size, Mail mail) {
        return (size + Limits.OVERHEAD) * mail.getRecipients().size();
    }

    private static long bytes(Mail mail) {
        try {
            return cost(mail.getMessageSize(), mail);
        } catch (MessagingException unreadable) {
            return 0;
        }
    }
}
