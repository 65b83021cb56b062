package kit.james;

import reactor.netty.http.server.HttpServerRequest;

/** The protocol of JMAP over WebSocket, which James itself answers with from 3.9 on. */
final class WebSocketProtocol {
    private WebSocketProtocol() {
    }

    static void answer(HttpServerRequest request) {
    }
}
