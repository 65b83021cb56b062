package kit.james;

import java.util.stream.Stream;
import javax.inject.Inject;
import javax.inject.Named;
import org.apache.james.jmap.JMAPRoute;
import org.apache.james.jmap.http.Authenticator;
import org.apache.james.jmap.http.UserProvisioning;
import org.apache.james.jmap.http.rfc8621.InjectionKeys;
import org.apache.james.jmap.routes.JMAPApi;
import org.apache.james.jmap.routes.JMAPApiRoutes;
import io.netty.handler.codec.http.HttpMethod;
import reactor.core.publisher.Mono;

/** JMAP requests, of a size that James has room to read. */
public class BoundedApiRoutes extends JMAPApiRoutes {
    /** What a request of any size may need. */
    private static final long LEAST = 1024 * 1024;

    @Inject
    public BoundedApiRoutes(@Named(InjectionKeys.RFC_8621) Authenticator authenticator, UserProvisioning provisioning,
            JMAPApi api) {
        super(authenticator, provisioning, api);
    }

    @Override
    public Stream<JMAPRoute> routes() {
        return super.routes().map(route -> route.getEndpoint().getMethod().equals(HttpMethod.POST)
            ? JMAPRoute.builder().endpoint(route.getEndpoint()).action(bounded(route.getAction())).noCorsHeaders()
            : route);
    }

    private static JMAPRoute.Action bounded(JMAPRoute.Action action) {
        return (request, response) -> {
            String length = request.requestHeaders().get("Content-Length");
            if (length == null) {
                return Refusal.limit(request, response, 411, "maxSizeRequest", "The length of the request is not said");
            }
            long bytes = Long.parseLong(length);
            if (bytes > Limits.REQUEST) {
                return Refusal.limit(request, response, 413, "maxSizeRequest", "A request may have " + Limits.REQUEST + " bytes");
            }
            return Mono.usingWhen(Room.await(LEAST + Room.REQUESTED * bytes),
                    part -> Mono.from(action.handleRequest(request, response)),
                    part -> Mono.fromRunnable(part::close))
                .onErrorResume(Room.None.class,
                    none -> Refusal.limit(request, response, 503, "maxConcurrentRequests", "There is no room for the request now"));
        };
    }
}
