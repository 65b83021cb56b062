package kit.james;

import java.util.Arrays;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Answers subprotocol `jmap` to a WebSocket client that offers it (RFC 8887, section 3). James speaks it without saying so,
 * and browsers close such a connection.
 */
final class WebSocketProtocol {
    private static final String HEADER = "Sec-WebSocket-Protocol";
    private static final String JMAP = "jmap";

    private WebSocketProtocol() {
    }

    /** To be called before the answer: Reactor Netty's request is the response too, and its headers are the upgrade's. */
    static void answer(HttpServerRequest request) {
        String offered = request.requestHeaders().get(HEADER, "");
        boolean offersJmap = Arrays.stream(offered.split(",")).map(String::trim).anyMatch(JMAP::equals);
        if (offersJmap && request instanceof HttpServerResponse) {
            ((HttpServerResponse) request).header(HEADER, JMAP);
        }
    }
}
