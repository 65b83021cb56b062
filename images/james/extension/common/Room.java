package kit.james;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * Room in the heap for work that needs much of it. Who finds none waits, then is refused: James would end, and with it
 * everybody's mail.
 */
final class Room {
    /** Copies of a mail at once while it is taken into the queue, and stored with its attachments; measured. */
    static final int QUEUED = 3;
    static final int STORED = 5;
    /** Of a JMAP request's JSON. */
    static final int REQUESTED = 12;

    /** What the delivery of a mail needs, which is never refused: there is one at a time. */
    private static final long DELIVERY = 4 * Limits.MESSAGE;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration PAUSE = Duration.ofMillis(100);
    /** Between two collections that are asked for. */
    private static final long COLLECT_NANOS = 1_000_000_000;

    /** Where large things end up: of the serial collector "Tenured Gen". */
    private static final Optional<MemoryPoolMXBean> OLD = ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP && pool.isUsageThresholdSupported())
        .max(Comparator.comparingLong(pool -> pool.getUsage().getMax()));

    private static long promised;
    private static long collected = System.nanoTime() - COLLECT_NANOS;

    private Room() {
    }

    /** Part of the room, until it is given back. */
    static final class Part implements AutoCloseable {
        private final long bytes;
        private final AtomicBoolean returned = new AtomicBoolean();

        private Part(long bytes) {
            this.bytes = bytes;
        }

        @Override
        public void close() {
            if (returned.compareAndSet(false, true)) {
                synchronized (Room.class) {
                    promised -= bytes;
                }
            }
        }
    }

    static final class None extends RuntimeException {
        private static final long serialVersionUID = 1;

        None() {
            super("no room in memory now", null, false, false);
        }
    }

    static Part nothing() {
        return new Part(0);
    }

    static synchronized Optional<Part> take(long bytes) {
        if (free() < bytes && System.nanoTime() - collected > COLLECT_NANOS) {
            System.gc();
            collected = System.nanoTime();
        }
        if (free() < bytes) {
            return Optional.empty();
        }
        promised += bytes;
        return Optional.of(new Part(bytes));
    }

    /** Waits for room; without it there is an error <code>None</code>. */
    static Mono<Part> await(long bytes) {
        return Mono.fromCallable(() -> take(bytes).orElseThrow(None::new))
            .retryWhen(Retry.fixedDelay(PATIENCE.dividedBy(PAUSE), PAUSE)
                .filter(None.class::isInstance)
                .onRetryExhaustedThrow((retry, signal) -> signal.failure()))
            // What follows may block, which threads that wait must not.
            .publishOn(Schedulers.boundedElastic());
    }

    private static long free() {
        return OLD.map(pool -> pool.getUsage().getMax() - pool.getUsage().getUsed() - promised - DELIVERY)
            .orElse(Long.MAX_VALUE);
    }
}
