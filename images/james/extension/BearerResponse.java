package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.Optional;

/**
 * What a client says in OAUTHBEARER (RFC 7628, section 3.1) or XOAUTH2: a token, and whom it wants to be. James 3.8
 * itself reads one form only, <code>n,user=U^Aauth=Bearer T^A^A</code>, which no client sends.
 */
public final class BearerResponse {
    private static final String SEPARATOR = "\1";
    private static final String SCHEME = "Bearer ";

    /** Empty: the token says who it is. */
    public final Optional<String> user;
    public final String token;

    private BearerResponse(Optional<String> user, String token) {
        this.user = user;
        this.token = token;
    }

    /** @return empty when it is neither mechanism's */
    public static Optional<BearerResponse> parse(String base64) {
        String text;
        try {
            text = new String(Base64.getDecoder().decode(base64.trim()), UTF_8);
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
        String user = null;
        String token = null;
        for (String part : text.split(SEPARATOR)) {
            // GS2 header: no channel binding, then whom the client wants to be. Of James's own form it is "n,".
            boolean header = part.startsWith("n,") || part.startsWith("y,");
            String value = header ? part.substring(2) : part;
            if (value.startsWith("auth=") && token == null) {
                String auth = value.substring("auth=".length());
                if (!auth.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
                    return Optional.empty();
                }
                token = auth.substring(SCHEME.length()).trim();
            } else if (value.startsWith("user=") && user == null) {
                user = value.substring("user=".length());
            } else if (header && value.startsWith("a=") && value.endsWith(",") && user == null) {
                user = value.substring("a=".length(), value.length() - 1).replace("=2C", ",").replace("=3D", "=");
            } else if (value.startsWith("auth=") || value.startsWith("user=")) {
                return Optional.empty();
            }
        }
        if (token == null || token.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new BearerResponse(Optional.ofNullable(user).filter(name -> !name.isEmpty()), token));
    }

    /** The form that James reads, in Base64. */
    public String inJamesForm(String defaultUser) {
        String text = String.join(SEPARATOR, "n,user=" + user.orElse(defaultUser), "auth=" + SCHEME + token, "", "");
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }
}
