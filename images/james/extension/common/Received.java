package kit.james;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import org.apache.james.core.Username;
import org.apache.james.mailbox.MailboxSession;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.server.HttpServerRequest;

/**
 * Requests whose bodies are whole. Until then they wait on disk: whoever sends slowly holds no memory that others need, and
 * disk not for long.
 */
final class Received {
    /** In which a body must be there; a larger one has a second more for each so many bytes. */
    static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long RATE = 32 * 1024;
    private static final int CHUNK = 64 * 1024;
    /** For bodies of files: James never releases one, so that they are left to the collector. */
    private static final ByteBufAllocator COLLECTED = new UnpooledByteBufAllocator(false, true);

    /** Bytes that a person is sending at this moment. */
    private static final Map<Username, Long> ARRIVING = new ConcurrentHashMap<>();

    private Received() {
    }

    /** More bytes than it may have. */
    static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** A request of which it is known who sends it. */
    interface Authenticated {
        Mono<MailboxSession> session();
    }

    /**
     * Does the work when the body is there and memory has room for what the work needs. Errors are
     * <code>TimeoutException</code>, <code>TooLarge</code> and <code>Room.None</code>.
     *
     * @param most bytes of the body
     * @param needs bytes of memory, by those of the body
     */
    static Mono<Void> whole(HttpServerRequest request, MailboxSession session, long most, LongUnaryOperator needs,
            Function<HttpServerRequest, Publisher<Void>> work) {
        long bytes = Math.min(most, request.requestHeaders().getInt(HttpHeaderNames.CONTENT_LENGTH, (int) most));
        return Mono.usingWhen(Mono.fromCallable(() -> Files.createTempFile("jmap-", ".body")).subscribeOn(Schedulers.boundedElastic()),
            file -> write(request, session.getUser(), most, file)
                .timeout(PATIENCE.plusSeconds(bytes / RATE))
                .flatMap(size -> Mono.usingWhen(Room.await(needs.applyAsLong(size)),
                    part -> Mono.from(work.apply(again(request, Mono.just(session), file))),
                    part -> Mono.fromRunnable(part::close))),
            file -> Mono.fromCallable(() -> Files.deleteIfExists(file)));
    }

    /** @return how many bytes */
    private static Mono<Long> write(HttpServerRequest request, Username user, long most, Path file) {
        return Mono.using(() -> FileChannel.open(file, StandardOpenOption.WRITE),
            channel -> {
                long[] size = {0};
                return request.receive().asByteArray()
                    .publishOn(Schedulers.boundedElastic(), 2)
                    .doOnNext(bytes -> {
                        size[0] += bytes.length;
                        if (ARRIVING.merge(user, (long) bytes.length, Long::sum) > Limits.UPLOADS_PER_PERSON) {
                            throw new Room.None();
                        }
                        if (size[0] > most) {
                            throw new TooLarge();
                        }
                        append(channel, bytes);
                    })
                    .then(Mono.fromSupplier(() -> size[0]))
                    .doFinally(any -> ARRIVING.computeIfPresent(user, (who, all) -> all > size[0] ? all - size[0] : null));
            },
            Received::close);
    }

    private static void append(FileChannel channel, byte[] bytes) {
        try {
            for (ByteBuffer buffer = ByteBuffer.wrap(bytes); buffer.hasRemaining();) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A request as it was, with its body from a file, by somebody who is known or was refused. */
    static HttpServerRequest again(HttpServerRequest request, Mono<MailboxSession> session, Path file) {
        return (HttpServerRequest) Proxy.newProxyInstance(Received.class.getClassLoader(),
            new Class<?>[] {HttpServerRequest.class, Authenticated.class},
            (proxy, method, arguments) -> {
                switch (method.getName()) {
                    case "session":
                        return session;
                    case "receive":
                        return ByteBufFlux.fromPath(file, CHUNK, COLLECTED);
                    default:
                        try {
                            Object result = method.invoke(request, arguments);
                            return result == request ? proxy : result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                }
            });
    }
}
