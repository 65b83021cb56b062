package kit.james;

import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.james.imap.api.message.response.ImapResponseMessage;
import org.apache.james.imap.api.process.ImapProcessor.Responder;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imapserver.netty.NettyImapSession;
import org.apache.james.protocols.netty.Encryption;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A connection, of which all that is answered is written by its own thread, in the order in which it was said. James writes
 * from whichever thread has an answer: what the connection's own writes is sent at once, what another writes when the
 * connection comes to it, so that bodies come after their parenthesis, or after the OK.
 */
final class ImapConnection extends NettyImapSession {
    private final Channel channel;
    private final Scheduler thread;
    /** Answers that other threads gave, and those behind them, which are still to be written. */
    private final AtomicInteger waiting = new AtomicInteger();

    /** @param james who has been greeted, and has said nothing yet */
    ImapConnection(Channel channel, Encryption tls, ImapSession james) {
        super(channel, tls, james.isCompressionSupported(), james.isSSLRequired(), james.isPlainAuthEnabled(), james.sessionId(),
            james.oidcSaslConfiguration());
        this.channel = channel;
        this.thread = Schedulers.fromExecutor(channel.eventLoop()::execute);
        setAttribute(MDC_KEY, james.getAttribute(MDC_KEY));
    }

    Scheduler thread() {
        return thread;
    }

    Responder inOrder(Responder james) {
        return new Responder() {
            @Override
            public void respond(ImapResponseMessage answer) {
                write(() -> james.respond(answer));
            }

            @Override
            public void flush() {
                write(james::flush);
            }
        };
    }

    private void write(Runnable answer) {
        // At once where nothing waits: after the OK to STARTTLS the connection is another.
        if (channel.eventLoop().inEventLoop() && waiting.get() == 0) {
            answer.run();
            return;
        }
        waiting.incrementAndGet();
        channel.eventLoop().execute(() -> {
            try {
                answer.run();
            } finally {
                waiting.decrementAndGet();
            }
        });
    }

    /**
     * Also while answers wait that are not written yet. Whether the client reads is asked where it is found out: James asks on
     * another thread, and may be told between its question and the wish to be called, which is then for ever.
     */
    @Override
    public boolean backpressureNeeded(Runnable goOn) {
        if (waiting.get() == 0 && channel.isWritable()) {
            return false;
        }
        channel.eventLoop().execute(() -> {
            if (!super.backpressureNeeded(goOn)) {
                goOn.run();
            }
        });
        return true;
    }
}
