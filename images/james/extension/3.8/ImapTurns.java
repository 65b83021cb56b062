package kit.james;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.Queue;
import org.apache.james.imapserver.netty.Linearalizer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The commands of one connection, one at a time: each ends on the connection's own thread, behind all that it wrote, and
 * only then the next begins. James 3.8 writes from other threads too, which the connection does later, and goes on at once:
 * a LOGOUT closes the connection while its answer, or that to the command before, still waits to be sent.
 */
final class ImapTurns extends Linearalizer {
    private final Scheduler connection;
    /** Of the command at work and those that wait; used on the connection's thread only. */
    private final Queue<Sinks.Empty<Void>> turns = new ArrayDeque<>();

    ImapTurns(EventExecutor connection) {
        this.connection = Schedulers.fromExecutor(connection::execute);
    }

    @Override
    public Mono<Void> execute(Publisher<Void> command) {
        Sinks.Empty<Void> turn = Sinks.empty();
        turns.add(turn);
        beginFirst();
        return turn.asMono()
            .then(Mono.from(command))
            .publishOn(connection)
            .doFinally(end -> {
                turns.remove(turn);
                beginFirst();
            });
    }

    private void beginFirst() {
        if (!turns.isEmpty()) {
            turns.element().tryEmitEmpty();
        }
    }
}
