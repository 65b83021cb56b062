package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;
import org.apache.james.core.Username;
import org.apache.james.protocols.api.OidcSASLConfiguration;
import org.apache.james.user.api.UsersRepository;

/**
 * What a client says in OAUTHBEARER (RFC 7628, section 3.1) or XOAUTH2: a token, and whom it wants to be. James 3.8
 * itself reads one form only, <code>n,user=U^Aauth=Bearer T^A^A</code>, which no client sends.
 */
final class BearerResponse {
    private static final String SEPARATOR = "\1";
    private static final String USER = "user=";
    private static final String AUTHORIZATION_IDENTITY = "a=";
    private static final String AUTH = "auth=";
    private static final String SCHEME = "Bearer ";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String token;
    /** Empty: whoever the token is for. */
    private final Optional<String> user;

    private BearerResponse(Optional<String> user, String token) {
        this.user = user;
        this.token = token;
    }

    /** @return empty when it is neither mechanism's */
    static Optional<BearerResponse> parse(String base64) {
        try {
            return parseText(new String(Base64.getDecoder().decode(base64.trim()), UTF_8));
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }

    private static Optional<BearerResponse> parseText(String text) {
        String user = null;
        String token = null;
        for (String part : text.split(SEPARATOR)) {
            // A GS2 header (RFC 5801, section 4) is "n,a=U," or "n,,"; James's own form has "n," before "user=".
            boolean header = part.startsWith("n,") || part.startsWith("y,");
            String field = header ? part.substring(2) : part;
            if (field.startsWith(AUTH)) {
                if (token != null || !field.regionMatches(true, AUTH.length(), SCHEME, 0, SCHEME.length())) {
                    return Optional.empty();
                }
                token = field.substring(AUTH.length() + SCHEME.length()).trim();
            } else if (field.startsWith(USER) || header && field.startsWith(AUTHORIZATION_IDENTITY)) {
                if (user != null) {
                    return Optional.empty();
                }
                user = field.startsWith(USER) ? field.substring(USER.length()) : authorizationIdentity(field);
            }
        }
        if (token == null || token.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new BearerResponse(Optional.ofNullable(user).filter(name -> !name.isEmpty()), token));
    }

    private static String authorizationIdentity(String field) {
        String name = field.substring(AUTHORIZATION_IDENTITY.length());
        return (name.endsWith(",") ? name.substring(0, name.length() - 1) : name)
            .replace("=2C", ",").replace("=3D", "=");
    }

    /** Whom the client wants to be; not proven. */
    Optional<Username> user(OidcSASLConfiguration oidc) {
        return user.or(() -> claim(oidc.getClaim())).flatMap(OpenidProvider::nameIn);
    }

    /**
     * Whose the token is.
     *
     * @throws IllegalStateException when nobody can tell at the moment
     */
    Optional<Username> prove(OidcSASLConfiguration oidc, UsersRepository users) {
        return OpenidProvider.of(oidc).userOf(token, oidc, users);
    }

    private Optional<String> claim(String name) {
        String[] parts = token.split("\\.");
        if (parts.length != 3) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(JSON.readTree(Base64.getUrlDecoder().decode(parts[1])).get(name))
                .map(value -> value.asText());
        } catch (IOException | IllegalArgumentException notJson) {
            return Optional.empty();
        }
    }
}
