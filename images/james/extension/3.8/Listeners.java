package kit.james;

import java.util.Set;
import javax.inject.Inject;
import org.apache.james.events.Event;
import org.apache.james.events.EventDeadLetters;
import org.apache.james.events.EventListener;
import org.apache.james.events.InVMEventBus;
import org.apache.james.events.Registration;
import org.apache.james.events.RegistrationKey;
import org.apache.james.events.RetryBackoffConfiguration;
import org.apache.james.events.delivery.EventDelivery;
import reactor.core.publisher.Mono;

/**
 * Who listens to a mailbox, one at a time. James 3.8 looks through them while others come and go: the command that changed the
 * mailbox fails then, though its change is made, and nobody is told of it, neither quotas nor JMAP.
 */
public final class Listeners extends InVMEventBus {
    @Inject
    public Listeners(EventDelivery delivery, RetryBackoffConfiguration retry, EventDeadLetters deadLetters) {
        super(delivery, retry, deadLetters);
    }

    @Override
    public synchronized Mono<Registration> register(EventListener.ReactiveEventListener listener, RegistrationKey mailbox) {
        return super.register(listener, mailbox).map(registered -> () -> Mono.fromRunnable(() -> end(registered)));
    }

    private synchronized void end(Registration registered) {
        Mono.from(registered.unregister()).subscribe();
    }

    /** James looks for the listeners at once, and tells them later. */
    @Override
    public synchronized Mono<Void> dispatch(Event event, Set<RegistrationKey> mailboxes) {
        return super.dispatch(event, mailboxes);
    }
}
