package kit.james;

import io.jsonwebtoken.Claims;
import io.jsonwebtoken.Jwts;
import java.security.PublicKey;

/** How the library of this release verifies a signed token. */
final class SignedClaims {
    private SignedClaims() {
    }

    /** @throws RuntimeException when it is not signed with the key, or has expired */
    static Claims of(String token, PublicKey key) {
        return Jwts.parser().verifyWith(key).build().parseSignedClaims(token).getPayload();
    }
}
