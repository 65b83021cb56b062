package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.auth0.jwk.Jwk;
import com.auth0.jwk.JwkException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.jsonwebtoken.Claims;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.apache.james.core.Domain;
import org.apache.james.core.Username;
import org.apache.james.protocols.api.OidcSASLConfiguration;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.api.UsersRepositoryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An OpenID provider, which says whose a token is: James itself takes every token that it has signed, for whatever
 * application, and wants the user's name in the answer to an introspection, where RFC 7662 has it as an option.
 */
final class OpenidProvider {
    private static final Logger LOGGER = LoggerFactory.getLogger(OpenidProvider.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    /** What an access token has and no other token (RFC 9068, section 2.2; some providers say scp). */
    private static final List<String> OF_ACCESS_TOKENS = List.of("scope", "scp", "client_id");
    /** What the library unpacks before it is verified: a short token of nobody's would fill the memory. */
    private static final List<String> PACKED = List.of("zip", "calg");
    private static Map<String, OpenidProvider> providers;

    private final String issuer;
    private final String audience;
    private final boolean keycloak;
    /** Of which its users are: an address of another one is somebody else's, whatever it says. */
    private final Set<Domain> domains = new HashSet<>();
    private final HttpClient http;

    private OpenidProvider(JsonNode settings, Path folder) throws IOException, GeneralSecurityException {
        issuer = settings.get("issuer").textValue();
        audience = settings.get("audience").textValue();
        keycloak = settings.get("keycloak").booleanValue();
        settings.get("domains").forEach(domain -> domains.add(Domain.of(domain.textValue())));
        JsonNode ca = settings.get("ca");
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, new TrustManager[] {Authorities.trustManager(ca == null ? null : folder.resolve(ca.textValue()))}, null);
        http = HttpClient.newBuilder().sslContext(tls).connectTimeout(PATIENCE).build();
    }

    /** The one whose discovery document is told to clients. */
    static synchronized OpenidProvider of(OidcSASLConfiguration oidc) {
        try {
            if (providers == null) {
                Path folder = Path.of(System.getProperty("working.directory", "."), "conf");
                Map<String, OpenidProvider> found = new HashMap<>();
                for (JsonNode settings : JSON.readTree(Files.readString(folder.resolve("openid.json"), UTF_8))) {
                    found.put(settings.get("discovery").textValue(), new OpenidProvider(settings, folder));
                }
                providers = found;
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("openid.json cannot be read", e);
        }
        return Optional.ofNullable(providers.get(oidc.getOidcConfigurationURL().toString()))
            .orElseThrow(() -> new IllegalStateException("openid.json has no " + oidc.getOidcConfigurationURL()));
    }

    /**
     * Whose a token is; empty when it is nobody's, or not for mail.
     *
     * @throws IllegalStateException when the provider cannot be asked, or says no since the directory cannot
     */
    Optional<Username> userOf(String token, OidcSASLConfiguration oidc, UsersRepository users) {
        Optional<Claims> verified = verify(token, oidc.getJwksURL());
        if (verified.isEmpty()) {
            return refuse("not signed by this provider, or expired");
        }
        Claims claims = verified.get();
        Object told = claims.get(oidc.getClaim());
        Optional<Username> user = nameIn(told);
        if (!issuer.equals(claims.getIssuer())) {
            return refuse("of another issuer");
        }
        if (!isFor(claims.get(Claims.AUDIENCE))) {
            return refuse("for another audience");
        }
        if (!isAccessToken(claims)) {
            return refuse("of another type");
        }
        if (user.isEmpty()) {
            return refuse("without a user");
        }
        if (user.get().getDomainPart().filter(domains::contains).isEmpty()) {
            return refuse("of another domain's user");
        }
        if (oidc.getIntrospectionEndpoint().isPresent()) {
            JsonNode answer = introspect(token, oidc);
            if (!answer.path("active").booleanValue()) {
                ask(users, user.get());
                return refuse("not active");
            }
            // Keycloak tells the user's address of now.
            JsonNode now = answer.path(oidc.getClaim());
            if ((keycloak || !now.isMissingNode()) && !told.equals(now.textValue())) {
                return refuse("of a user with another address now");
            }
        }
        return user;
    }

    /** Keycloak takes people for disabled while it cannot ask the directory about them. */
    private static void ask(UsersRepository directory, Username user) {
        try {
            directory.contains(user);
        } catch (UsersRepositoryException e) {
            throw new IllegalStateException("The directory cannot be asked about the user of a token that is not active", e);
        }
    }

    /** Empty for what names nobody. */
    static Optional<Username> nameIn(Object claim) {
        try {
            return claim instanceof String ? Optional.of(Username.of((String) claim)) : Optional.empty();
        } catch (IllegalArgumentException noName) {
            return Optional.empty();
        }
    }

    private static Optional<Username> refuse(String why) {
        LOGGER.info("A token is refused: {}", why);
        return Optional.empty();
    }

    private boolean isFor(Object audiences) {
        return audiences instanceof Collection ? ((Collection<?>) audiences).contains(audience) : audience.equals(audiences);
    }

    private boolean isAccessToken(Claims claims) {
        Object type = claims.get("typ");
        return keycloak || type != null
            ? "Bearer".equals(type)
            : OF_ACCESS_TOKENS.stream().anyMatch(claims::containsKey);
    }

    private Optional<Claims> verify(String token, URL keys) {
        JsonNode header = headerOf(token);
        // Whoever does not understand an extension must refuse it (RFC 7515, section 4.1.11).
        if (!header.isObject() || header.has("crit") || PACKED.stream().anyMatch(header::has)) {
            return Optional.empty();
        }
        for (PublicKey key : keysFor(header.path("kid").textValue(), keys)) {
            try {
                Claims claims = SignedClaims.of(token, key);
                return Optional.of(claims).filter(found -> found.getExpiration() != null);
            } catch (RuntimeException e) {
                // By what it throws it does not tell what is no token from what is not verified.
                LOGGER.debug("Not verified", e);
            }
        }
        return Optional.empty();
    }

    private static JsonNode headerOf(String token) {
        try {
            return JSON.readTree(Base64.getUrlDecoder().decode(token.split("\\.", 2)[0]));
        } catch (IOException | IllegalArgumentException noHeader) {
            return MissingNode.getInstance();
        }
    }

    /** Those of this id, all without one; a set may have keys that nobody here knows how to use. */
    private List<PublicKey> keysFor(String id, URL url) {
        List<PublicKey> found = new ArrayList<>();
        for (JsonNode key : ask(HttpRequest.newBuilder(uri(url))).path("keys")) {
            if (id == null || id.equals(key.path("kid").textValue())) {
                try {
                    found.add(Jwk.fromValues(valuesOf(key)).getPublicKey());
                } catch (JwkException | RuntimeException e) {
                    LOGGER.debug("No key", e);
                }
            }
        }
        return found;
    }

    private static Map<String, Object> valuesOf(JsonNode key) {
        Map<String, Object> values = new HashMap<>();
        key.fieldNames().forEachRemaining(name -> values.put(name, JSON.convertValue(key.get(name), Object.class)));
        return values;
    }

    private JsonNode introspect(String token, OidcSASLConfiguration oidc) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(oidc.getIntrospectionEndpoint().orElseThrow()))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(
                "token_type_hint=access_token&token=" + URLEncoder.encode(token, UTF_8)));
        oidc.getIntrospectionEndpointAuthorization().ifPresent(value -> request.header("Authorization", value));
        return ask(request);
    }

    private JsonNode ask(HttpRequest.Builder request) {
        HttpRequest asked = request.timeout(PATIENCE).header("Accept", "application/json").build();
        CompletableFuture<HttpResponse<byte[]>> answering = http.sendAsync(asked, HttpResponse.BodyHandlers.ofByteArray());
        try {
            // The request's own timeout ends with the first byte of the answer.
            HttpResponse<byte[]> answer = answering.get(PATIENCE.toMillis(), MILLISECONDS);
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(asked.uri() + " answered " + answer.statusCode());
            }
            return JSON.readTree(answer.body());
        } catch (IOException | ExecutionException e) {
            throw new IllegalStateException(asked.uri() + " cannot be asked: " + e.getMessage(), e);
        } catch (TimeoutException e) {
            throw new IllegalStateException(asked.uri() + " did not answer within " + PATIENCE.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            answering.cancel(true);
        }
    }

    private static URI uri(URL url) {
        return URI.create(url.toString());
    }
}
