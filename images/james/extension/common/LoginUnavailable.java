package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.apache.james.jmap.exceptions.UnauthorizedException;
import reactor.core.publisher.Mono;
import reactor.netty.NettyOutbound;
import reactor.netty.http.server.HttpServerResponse;

/**
 * A login that nobody can decide at the moment, since the directory does not answer: 503, at which clients keep their
 * password. James's routes know 401, and 500 for all else; each begins its 401 by the headers that the error has.
 */
final class LoginUnavailable extends UnauthorizedException {
    private static final long serialVersionUID = 1;
    private static final byte[] PROBLEM =
        "{\"type\":\"about:blank\",\"status\":503,\"detail\":\"Authentication is not possible at the moment\"}".getBytes(UTF_8);

    LoginUnavailable(Throwable cause) {
        super("The directory cannot be asked", cause);
    }

    /** @return what takes a route's answer and sends this error's */
    @Override
    public HttpServerResponse addHeaders(HttpServerResponse response) {
        return (HttpServerResponse) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {HttpServerResponse.class},
            (proxy, method, arguments) -> {
                switch (method.getName()) {
                    case "status":
                    case "header":
                        return proxy;
                    case "sendByteArray":
                    case "sendString":
                        return answer(response);
                    case "send":
                        return answer(response).then();
                    default:
                        try {
                            return method.invoke(response, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                }
            });
    }

    private static NettyOutbound answer(HttpServerResponse response) {
        return response.status(503).header("Content-Type", "application/json")
            .header("Content-Length", Integer.toString(PROBLEM.length)).header("Retry-After", Refusal.RETRY_AFTER)
            .sendByteArray(Mono.just(PROBLEM));
    }
}
