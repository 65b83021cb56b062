package kit.james;

import org.apache.james.core.Username;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.api.UsersRepositoryException;

/** How this release checks a password. */
final class Passwords {
    private Passwords() {
    }

    static boolean isRight(UsersRepository users, Username user, String password) throws UsersRepositoryException {
        return users.test(user, password);
    }
}
