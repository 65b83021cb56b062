package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.FileNotFoundException;
import java.net.InetSocketAddress;
import java.util.Base64;
import javax.inject.Inject;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.core.Username;
import org.apache.james.jmap.exceptions.UnauthorizedException;
import org.apache.james.jmap.http.AuthenticationChallenge;
import org.apache.james.jmap.http.AuthenticationScheme;
import org.apache.james.jmap.http.AuthenticationStrategy;
import org.apache.james.mailbox.MailboxManager;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.api.UsersRepositoryException;
import org.apache.james.util.MDCBuilder;
import org.apache.james.util.ReactorUtils;
import org.apache.james.utils.PropertiesProvider;
import org.slf4j.MDC;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;

/**
 * HTTP Basic (RFC 7617). James's own answers 500 to what is no Base64, refuses what has "+" or "/" in it, and does not
 * know whose address it is that guesses: behind a gateway all are the gateway's.
 */
public class PasswordUser implements AuthenticationStrategy {
    private static final String SCHEME = "Basic ";

    private final UsersRepository users;
    private final MailboxManager mailboxManager;
    private final String proof;

    @Inject
    public PasswordUser(UsersRepository users, MailboxManager mailboxManager, PropertiesProvider properties)
            throws ConfigurationException, FileNotFoundException {
        this.users = users;
        this.mailboxManager = mailboxManager;
        String secret = properties.getConfiguration("jmap").getString(GatewayUser.SECRET_PROPERTY);
        this.proof = Hashing.sha256().hashString("X-Forwarded-For " + secret, UTF_8).toString();
    }

    @Override
    public Mono<MailboxSession> createMailboxSession(HttpServerRequest request) {
        String header = request.requestHeaders().get("Authorization", "");
        if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Mono.empty();
        }
        WebSockets.prepare(request);
        return Mono.fromCallable(() -> session(header.substring(SCHEME.length()).trim(), address(request)))
            .subscribeOn(ReactorUtils.BLOCKING_CALL_WRAPPER);
    }

    private MailboxSession session(String credentials, String address) throws Exception {
        String decoded;
        try {
            decoded = new String(Base64.getDecoder().decode(credentials), UTF_8);
        } catch (IllegalArgumentException notBase64) {
            throw new UnauthorizedException("Malformed credentials");
        }
        int colon = decoded.indexOf(':');
        if (colon < 0) {
            throw new UnauthorizedException("Malformed credentials");
        }
        Username user;
        try {
            user = Username.of(decoded.substring(0, colon));
        } catch (IllegalArgumentException notName) {
            throw new UnauthorizedException("Username is not valid");
        }
        MDC.put(MDCBuilder.IP, address);
        try {
            if (Passwords.userOf(users, user, decoded.substring(colon + 1)).isEmpty()) {
                throw new UnauthorizedException("Wrong user name or password");
            }
        } catch (UsersRepositoryException e) {
            throw new LoginUnavailable(e);
        } finally {
            MDC.remove(MDCBuilder.IP);
        }
        return mailboxManager.authenticate(user).withoutDelegation();
    }

    /**
     * The last entry of X-Forwarded-For is the gateway's own; those before it are the client's to write. The gateway proves
     * itself by what follows from the secret of X-User: that itself is not sent where a client says who it is.
     */
    private String address(HttpServerRequest request) {
        String forwarded = request.requestHeaders().get("X-Forwarded-For", "");
        if (!forwarded.isEmpty() && GatewayUser.same(request.requestHeaders().get("X-Forwarded-Proof", ""), proof)) {
            return forwarded.substring(forwarded.lastIndexOf(',') + 1).trim();
        }
        InetSocketAddress peer = request.remoteAddress();
        return peer == null ? "" : peer.getAddress().getHostAddress();
    }

    @Override
    public AuthenticationChallenge correspondingChallenge() {
        return AuthenticationChallenge.of(AuthenticationScheme.of("Basic"), ImmutableMap.of("realm", "simple"));
    }
}
