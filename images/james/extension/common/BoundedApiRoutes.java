package kit.james;

import com.google.common.collect.ImmutableMap;
import io.netty.handler.codec.http.HttpMethod;
import java.util.stream.Stream;
import javax.inject.Inject;
import javax.inject.Named;
import org.apache.james.jmap.JMAPRoute;
import org.apache.james.jmap.http.AuthenticationChallenge;
import org.apache.james.jmap.http.AuthenticationScheme;
import org.apache.james.jmap.http.AuthenticationStrategy;
import org.apache.james.jmap.http.Authenticator;
import org.apache.james.jmap.http.UserProvisioning;
import org.apache.james.jmap.http.rfc8621.InjectionKeys;
import org.apache.james.jmap.routes.JMAPApi;
import org.apache.james.jmap.routes.JMAPApiRoutes;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.metrics.api.MetricFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.netty.http.server.HttpServerRequest;

/** JMAP requests of people who are known, of a size that James has room to read. */
public class BoundedApiRoutes extends JMAPApiRoutes {
    /** What a request of any size may need. */
    private static final long LEAST = 1024 * 1024;

    private final Authenticator authenticator;

    @Inject
    public BoundedApiRoutes(@Named(InjectionKeys.RFC_8621) Authenticator authenticator, UserProvisioning provisioning,
            JMAPApi api, MetricFactory metrics) {
        super(Authenticator.of(metrics, new Known()), provisioning, api);
        this.authenticator = authenticator;
    }

    @Override
    public Stream<JMAPRoute> routes() {
        return super.routes().map(route -> route.getEndpoint().getMethod().equals(HttpMethod.POST)
            ? JMAPRoute.builder().endpoint(route.getEndpoint()).action(bounded(route.getAction())).noCorsHeaders()
            : route);
    }

    private JMAPRoute.Action bounded(JMAPRoute.Action action) {
        return (request, response) -> {
            String length = request.requestHeaders().get("Content-Length");
            if (length == null) {
                return Refusal.limit(request, response, 411, "maxSizeRequest", "The length of the request is not said");
            }
            if (Long.parseLong(length) > Limits.REQUEST) {
                return Refusal.limit(request, response, 413, "maxSizeRequest", "A request may have " + Limits.REQUEST + " bytes");
            }
            return authenticator.authenticate(request).materialize()
                .flatMap(found -> found.hasValue()
                    ? Received.whole(request, found.get(), Limits.REQUEST, bytes -> LEAST + Room.REQUESTED * bytes,
                            whole -> action.handleRequest(whole, response))
                        .onErrorResume(Refusal::isKnown, error -> Refusal.of(error, response, "Request"))
                    : Mono.from(action.handleRequest(refused(request, found), response)));
        };
    }

    /** James's own answer to it: it finds the error where it looks for the session. */
    private static HttpServerRequest refused(HttpServerRequest request, Signal<MailboxSession> signal) {
        return Received.again(request, Mono.error(signal.getThrowable()), null);
    }

    private static final class Known implements AuthenticationStrategy {
        @Override
        public Mono<MailboxSession> createMailboxSession(HttpServerRequest request) {
            return ((Received.Authenticated) request).session();
        }

        @Override
        public AuthenticationChallenge correspondingChallenge() {
            return AuthenticationChallenge.of(AuthenticationScheme.of("Known"), ImmutableMap.of());
        }
    }
}
