package kit.james;

import java.util.concurrent.atomic.AtomicLong;
import javax.inject.Inject;
import org.apache.james.mailbox.SessionProvider;
import org.apache.james.mailbox.inmemory.quota.InMemoryCurrentQuotaManager;
import org.apache.james.mailbox.model.QuotaOperation;
import org.apache.james.mailbox.store.quota.CurrentQuotaCalculator;
import reactor.core.publisher.Mono;

/** James's count of each person's mail, and of everybody's. */
public class CountedMail extends InMemoryCurrentQuotaManager {
    private final AtomicLong bytes = new AtomicLong();

    @Inject
    public CountedMail(CurrentQuotaCalculator calculator, SessionProvider sessions) {
        super(calculator, sessions);
    }

    /** What all mail costs, in bytes. */
    long total() {
        return bytes.get();
    }

    private static long cost(QuotaOperation operation) {
        return operation.size().asLong() + Limits.OVERHEAD * operation.count().asLong();
    }

    @Override
    public Mono<Void> increase(QuotaOperation operation) {
        return super.increase(operation).doOnSubscribe(any -> bytes.addAndGet(cost(operation)));
    }

    @Override
    public Mono<Void> decrease(QuotaOperation operation) {
        return super.decrease(operation).doOnSubscribe(any -> bytes.addAndGet(-cost(operation)));
    }
}
