package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.security.MessageDigest;
import javax.inject.Inject;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.jmap.exceptions.UnauthorizedException;
import org.apache.james.mailbox.MailboxManager;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.utils.PropertiesProvider;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;

/**
 * Believes X-User only with the gateway's X-User-Secret, as James does from 3.9 on: of the header alone, whoever reaches
 * the port could be anybody.
 */
public class GatewayUser extends XUser {
    static final String SECRET_PROPERTY = "authentication.strategy.rfc8621.xUser.secret";

    private final String secret;

    @Inject
    public GatewayUser(UsersRepository users, MailboxManager mailboxManager, PropertiesProvider properties)
            throws ConfigurationException, FileNotFoundException {
        super(users, mailboxManager, properties);
        secret = properties.getConfiguration("jmap").getString(SECRET_PROPERTY, "");
        if (secret.isEmpty()) {
            throw new ConfigurationException(SECRET_PROPERTY + " is missing in jmap.properties");
        }
    }

    @Override
    public Mono<MailboxSession> createMailboxSession(HttpServerRequest request) {
        if (!request.requestHeaders().contains("X-User")) {
            return Mono.empty();
        }
        WebSockets.prepare(request);
        return same(request.requestHeaders().get("X-User-Secret", ""), secret)
            ? super.createMailboxSession(request)
            : Mono.error(new UnauthorizedException("X-User without the gateway's secret"));
    }

    /** In a time that does not tell how much of the secret was right. */
    static boolean same(String shown, String secret) {
        return MessageDigest.isEqual(shown.getBytes(UTF_8), secret.getBytes(UTF_8));
    }
}
