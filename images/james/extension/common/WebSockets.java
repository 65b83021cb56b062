package kit.james;

import io.netty.util.AttributeKey;
import reactor.netty.http.server.HttpServerRequest;

/** What a request needs before James makes a WebSocket of it. */
final class WebSockets {
    /** Reactor Netty's own: whether a connection may be used again. */
    private static final AttributeKey<Boolean> PERSISTENT = AttributeKey.valueOf("$PERSISTENT_CHANNEL");

    private WebSockets() {
    }

    /**
     * Gives the connection the value that Reactor Netty takes for granted. It makes and then sets it in one thread while it
     * reads it in another, which between the two finds null and closes the connection.
     */
    static void prepare(HttpServerRequest request) {
        if (request.requestHeaders().contains("Upgrade")) {
            request.withConnection(connection -> connection.channel().attr(PERSISTENT).setIfAbsent(true));
            WebSocketProtocol.answer(request);
        }
    }
}
