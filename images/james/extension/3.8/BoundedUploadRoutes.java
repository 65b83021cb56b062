package kit.james;

import io.netty.handler.codec.http.HttpResponseStatus;
import javax.inject.Inject;
import javax.inject.Named;
import org.apache.james.jmap.api.upload.UploadRepository;
import org.apache.james.jmap.core.JmapRfc8621Configuration;
import org.apache.james.jmap.core.SessionTranslator;
import org.apache.james.jmap.exceptions.UnauthorizedException;
import org.apache.james.jmap.http.Authenticator;
import org.apache.james.jmap.http.rfc8621.InjectionKeys;
import org.apache.james.jmap.json.UploadSerializer;
import org.apache.james.jmap.method.AccountNotFoundException;
import org.apache.james.jmap.routes.ForbiddenException;
import org.apache.james.jmap.routes.TooBigUploadException;
import org.apache.james.jmap.routes.UploadRoutes;
import org.apache.james.mailbox.model.ContentType;
import org.apache.james.util.ReactorUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Uploads that are refused before they are read where they do not fit: 413 for too large, too. */
public class BoundedUploadRoutes extends UploadRoutes {
    private static final Logger LOGGER = LoggerFactory.getLogger(BoundedUploadRoutes.class);
    /** Copies of an upload while it is read; measured. */
    private static final int READ = 3;
    private static final String LIMIT = "maxSizeUpload";

    private final Authenticator authenticator;
    private final BoundedUploads uploads;

    @Inject
    public BoundedUploadRoutes(@Named(InjectionKeys.RFC_8621) Authenticator authenticator,
            JmapRfc8621Configuration configuration, UploadRepository repository, BoundedUploads uploads,
            UploadSerializer serializer, SessionTranslator translator) {
        super(authenticator, configuration, repository, serializer, translator);
        this.authenticator = authenticator;
        this.uploads = uploads;
    }

    @Override
    public Mono<Void> post(HttpServerRequest request, HttpServerResponse response) {
        String type = request.requestHeaders().get("Content-Type");
        if (type == null) {
            return response.status(HttpResponseStatus.BAD_REQUEST).send();
        }
        // Where the client does not say its length, it is known when it is there.
        long bytes = Long.parseLong(request.requestHeaders().get("Content-Length", "0"));
        if (bytes > Limits.UPLOAD) {
            return request.receive().then(tooLarge(response));
        }
        return authenticator.authenticate(request)
            .flatMap(session -> uploads.hasRoom(session.getUser(), bytes)
                ? Received.whole(request, session, Limits.UPLOAD, size -> READ * size,
                    whole -> super.post(whole, response, ContentType.of(type), session))
                : Refusal.limit(request, response, 413, LIMIT, BoundedUploads.FULL))
            .onErrorResume(error -> answer(error, response))
            .subscribeOn(ReactorUtils.BLOCKING_CALL_WRAPPER);
    }

    private static Mono<Void> tooLarge(HttpServerResponse response) {
        return Refusal.limit(response, 413, LIMIT, "An upload may have " + Limits.UPLOAD + " bytes");
    }

    private static Mono<Void> answer(Throwable error, HttpServerResponse response) {
        if (error instanceof UnauthorizedException) {
            LOGGER.warn("Unauthorized", error);
            HttpServerResponse challenged = ((UnauthorizedException) error).addHeaders(response);
            return challenged.status(HttpResponseStatus.UNAUTHORIZED).send();
        }
        if (error instanceof TooBigUploadException) {
            return tooLarge(response);
        }
        if (error instanceof BoundedUploads.Full) {
            return Refusal.limit(response, 413, LIMIT, BoundedUploads.FULL);
        }
        if (Refusal.isKnown(error)) {
            return Refusal.of(error, response, "Upload");
        }
        if (error instanceof ForbiddenException || error instanceof AccountNotFoundException) {
            return response.status(HttpResponseStatus.FORBIDDEN).send();
        }
        LOGGER.error("Unexpected error upon uploads", error);
        return response.status(HttpResponseStatus.INTERNAL_SERVER_ERROR).send();
    }
}
