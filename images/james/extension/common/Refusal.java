package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Problem details (RFC 7807) of a limit (RFC 8620, section 3.6.1). */
final class Refusal {
    /** Seconds. */
    static final String RETRY_AFTER = "10";

    private Refusal() {
    }

    /** Answers when the request is read to its end: a gateway that is still writing it would see a broken connection. */
    static Mono<Void> limit(HttpServerRequest request, HttpServerResponse response, int status, String limit, String detail) {
        return request.receive().then().timeout(Received.PATIENCE).onErrorResume(TimeoutException.class, slow -> Mono.empty())
            .then(limit(response, status, limit, detail));
    }

    /** Whether it is an error of <code>Received</code>. */
    static boolean isKnown(Throwable error) {
        return error instanceof TimeoutException || error instanceof Received.TooLarge || error instanceof Room.None;
    }

    /** @param kind as the names of limits have it: "Request" or "Upload" */
    static Mono<Void> of(Throwable error, HttpServerResponse response, String kind) {
        if (error instanceof TimeoutException) {
            return limit(response.keepAlive(false), 408, "maxSize" + kind, "The body took too long");
        }
        return error instanceof Received.TooLarge
            ? limit(response.keepAlive(false), 413, "maxSize" + kind, "The body is too large")
            : limit(response, 503, "maxConcurrent" + kind, error.getMessage());
    }

    static Mono<Void> limit(HttpServerResponse response, int status, String limit, String detail) {
        byte[] body = String.format(
            "{\"type\":\"urn:ietf:params:jmap:error:limit\",\"status\":%d,\"limit\":\"%s\",\"detail\":\"%s\"}",
            status, limit, detail).getBytes(UTF_8);
        HttpServerResponse answer = response.status(status).header("Content-Type", "application/json")
            .header("Content-Length", Integer.toString(body.length));
        if (status == 503) {
            answer = answer.header("Retry-After", RETRY_AFTER);
        }
        return answer.sendByteArray(Mono.just(body)).then();
    }
}
