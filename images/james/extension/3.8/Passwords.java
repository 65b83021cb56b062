package kit.james;

import java.util.Optional;
import org.apache.james.core.Username;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.api.UsersRepositoryException;

/** How this release checks a password. */
final class Passwords {
    private Passwords() {
    }

    /**
     * Whose a password is; empty when it is wrong.
     *
     * @throws UsersRepositoryException when the directory cannot be asked
     */
    static Optional<Username> userOf(UsersRepository users, Username user, String password) throws UsersRepositoryException {
        return users.test(user, password) ? Optional.of(user) : Optional.empty();
    }
}
