package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.apache.james.protocols.api.OidcSASLConfiguration;

/** The SASL mechanisms that carry a bearer token. */
enum BearerMechanism {
    OAUTHBEARER,
    XOAUTH2;

    static Optional<BearerMechanism> of(String name) {
        return Arrays.stream(values()).filter(mechanism -> mechanism.name().equalsIgnoreCase(name)).findFirst();
    }

    /**
     * Why a login failed, in Base64. The client answers it with a message that says nothing, and is refused then.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2">RFC 7628, section 3.2.2</a>, and Google's
     *     description of XOAUTH2
     */
    String refusal(OidcSASLConfiguration oidc) {
        var reason = new ObjectMapper().createObjectNode();
        if (this == XOAUTH2) {
            reason.put("status", "401").put("schemes", "bearer").put("scope", oidc.getScope());
        } else {
            reason.put("status", "invalid_token").put("scope", oidc.getScope())
                .put("openid-configuration", oidc.getOidcConfigurationURL().toString());
        }
        return Base64.getEncoder().encodeToString(reason.toString().getBytes(UTF_8));
    }
}
